import type { Theme } from 'vitepress';
// System fonts: the page is whole without a download.
import Default from 'vitepress/theme-without-fonts';
import Home from './Home.vue';
import Layout from './Layout.vue';
import Optional from './Optional.vue';
import TryIt from './TryIt.vue';
import TryMessage from './TryMessage.vue';
import './style.css';

export default {
  extends: Default,
  Layout,
  enhanceApp({ app }) {
    app
      .component('home', Home)
      .component('Optional', Optional)
      .component('TryIt', TryIt)
      .component('TryMessage', TryMessage);
  },
} satisfies Theme;
