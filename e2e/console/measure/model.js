// A model that streams at a fixed rate.

import { envOf, withModel } from "../model.js";
import { atRate } from "./writers.js";

const WORDS = "The list is shared between all calls, so **each** call sees what the last one left in `items`; ".split(" ");

/** Its `env` lets a server ask it; each answer has `rate` pieces a second for `seconds`, in Markdown, and then `end`. */
export async function withSwiftModel({ rate, seconds, end }, use) {
  await withModel((model) => {
    model.answer = async (call) => {
      await atRate(rate, seconds, (nth) => call.say(piece(nth)));
      call.say(end);
      call.end();
    };
    return use(envOf(model));
  });
}

/** Paragraphs, and now and then a block of code. */
function piece(nth) {
  if (nth % 400 === 300) return "\n\n```python\ndef add(item, items=None):\n    items = items or []\n```\n\n";
  return nth % 80 === 79 ? "\n\n" : `${WORDS[nth % WORDS.length]} `;
}
