import { Alert, Badge, Button, Modal, Tooltip, createTheme } from '@mantine/core';

/** The look of everything: quiet, round, readable in both schemes. */
export const theme = createTheme({
  primaryColor: 'indigo',
  // In both schemes white words on it can be read.
  primaryShade: 7,
  autoContrast: true,
  defaultRadius: 'md',
  cursorType: 'pointer',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  headings: { fontWeight: '650' },
  components: {
    // Quiet in both schemes, with an edge in its colour and words that can be read.
    Alert: Alert.extend({
      vars: (_, { color = 'indigo' }) => ({
        root: {
          '--alert-bg': `color-mix(in srgb, var(--mantine-color-${color}-6) 10%, var(--mantine-color-body))`,
          '--alert-color': `light-dark(color-mix(in srgb, var(--mantine-color-${color}-9) 80%, black), var(--mantine-color-${color}-3))`,
          '--alert-bd': `1px solid color-mix(in srgb, var(--mantine-color-${color}-6) 35%, var(--mantine-color-body))`,
        },
      }),
    }),
    // Words are written as words: nothing shouts.
    Badge: Badge.extend({ styles: { root: { textTransform: 'none', letterSpacing: 0 } } }),
    Button: Button.extend({ styles: { label: { fontWeight: 600 } } }),
    // The page has a banner already; that of a dialog is its title.
    Modal: Modal.extend({ defaultProps: { attributes: { header: { role: 'presentation' } } } }),
    // Who has no mouse reads them too.
    Tooltip: Tooltip.extend({
      defaultProps: { events: { hover: true, focus: true, touch: true } },
    }),
  },
});
