/** Between a message on the page and the form at its top. */

import { shallowRef } from 'vue';

/** What was asked for last; an object of its own each time. */
export const wanted = shallowRef<{ name: string }>();

export function ask(name: string): void {
  wanted.value = { name };
}
