// A chat of 100,000 messages: read back to its first one, scrolled through, and written on.

import { live, opened, withServed } from "./people.js";
import { line, recorded } from "./recording.js";
import { atRate, fill, sentence, sockets } from "./writers.js";

const MESSAGES = Number(process.env.MESSAGES ?? 100_000);
const SCROLL_SECONDS = 10;
const PATH = "/api/chat/ws?contextId=physics";

export async function history() {
  await withServed(async (server, browser) => {
    const [writer] = await sockets(server, PATH, 1);
    await fill(writer, MESSAGES, (nth) => ({ type: "message", data: { content: sentence(nth) } }));
    const page = await opened(browser, server, "/chat/physics");
    await live(page);
    const log = page.getByRole("log");
    await log.getByText(`(${MESSAGES - 1})`).waitFor();
    line("as it opens", await recorded(page, async () => {}));
    const back = performance.now();
    line(`read back to the first of ${MESSAGES}`, await recorded(page, () => readBack(log)));
    console.log(`  in ${((performance.now() - back) / 1_000).toFixed(0)} s`);
    line("scrolled through by pages", await recorded(page, () => scroll(log, "pages")));
    line("scrolled through by leaps", await recorded(page, () => scroll(log, "leaps")));
    const say = (nth) =>
      writer.send(JSON.stringify({ type: "message", data: { content: sentence(nth + MESSAGES) } }));
    line("500 a second, looking at old ones", await recorded(page, () => atRate(500, 5, say)));
    await page.getByRole("button", { name: "To the newest" }).click();
    line("500 a second, looking at the newest", await recorded(page, () => atRate(500, 5, say)));
  });
}

/** Scrolls to the beginning again and again, until it is the first message's. */
function readBack(log) {
  return log.evaluate(async (element) => {
    let most = 0;
    while (!element.innerText.includes("(0)")) {
      element.scrollTop = 0;
      most = Math.max(most, document.querySelectorAll("*").length);
      await new Promise(requestAnimationFrame);
    }
    return most;
  });
}

/** Scrolls frame by frame: by what is seen at once, or to places all over the list. */
function scroll(log, how) {
  return log.evaluate(
    async (element, { how, seconds }) => {
      const end = performance.now() + seconds * 1_000;
      for (let nth = 0; performance.now() < end; nth += 1) {
        const { clientHeight, scrollHeight } = element;
        if (how === "pages") element.scrollTop += clientHeight * 0.8;
        else element.scrollTop = ((nth * 0.618) % 1) * scrollHeight;
        await new Promise(requestAnimationFrame);
      }
    },
    { how, seconds: SCROLL_SECONDS },
  );
}
