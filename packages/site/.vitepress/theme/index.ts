import type { Theme } from 'vitepress';
// System fonts: the page is whole without a download.
import Default from 'vitepress/theme-without-fonts';
import Optional from './Optional.vue';
import TryIt from './TryIt.vue';
import TryMessage from './TryMessage.vue';
import './style.css';

export default {
  extends: Default,
  enhanceApp({ app }) {
    app
      .component('Optional', Optional)
      .component('TryIt', TryIt)
      .component('TryMessage', TryMessage);
  },
} satisfies Theme;
