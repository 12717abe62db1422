/** Waits until something holds; the test's own deadline is the only one. */
export async function until(what: () => boolean | undefined): Promise<void> {
  while (what() !== true) await new Promise((resolve) => setTimeout(resolve, 10));
}
