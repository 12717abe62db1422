// Two people write one document, and the server is killed while they do.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ask, enter, until, withConsole } from "./browser.js";
import { judge } from "./judge.js";

test("two people who type at once over a kill of the server end with one text", async () => {
  await withConsole(async (server, browser) => {
    const path = "/class/math/essay";
    const ann = await enter(browser, server, "Ann", path);
    await editor(ann).waitFor();
    await stored(ann);
    const ben = await enter(browser, server, "Ben", path);
    await editor(ben).waitFor();
    await stored(ben);
    await editor(ann).click();
    await ann.keyboard.type("The first line is Ann's 😀.\nThe second is Ben's: ");
    await until(() => textOf(ben), (text) => text.endsWith("Ben's: "), "Ben does not read Ann");
    assert.deepEqual([...ann.faults, ...ben.faults], []);

    await ann.keyboard.press("Control+Home");
    await editor(ben).click();
    await ben.keyboard.press("Control+End");
    const typing = Promise.all([
      ann.keyboard.type("A title that Ann writes. ", { delay: 40 }),
      ben.keyboard.type("and Ben goes on to the end.", { delay: 40 }),
    ]);
    await server.restart();
    await typing;
    await Promise.all([stored(ann), stored(ben)]);

    const wanted =
      "A title that Ann writes. The first line is Ann's 😀.\n" +
      "The second is Ben's: and Ben goes on to the end.";
    const token = server.token("Ann");
    const kept = async () => (await ask(server, token, "GET", "/api/documents/essay")).content;
    for (const [who, read] of [
      ["Ann", () => textOf(ann)],
      ["Ben", () => textOf(ben)],
      ["the server", kept],
    ]) {
      await until(read, (text) => text === wanted, `${who} has another text`);
    }
    await ann.getByLabel("Engagement, people active in 5 min:").waitFor();
    await judge(ann);

    await ann.getByRole("button", { name: "Rules of the document" }).click();
    await ann.getByRole("menuitem", { name: "End for everybody" }).click();
    const question = ann.getByRole("dialog", { name: "End essay?" });
    await question.getByRole("button", { name: "End for everybody" }).click();
    await ben.getByText("This document has ended").waitFor();
    await ben.getByRole("region", { name: "Text of the document" }).getByText("A title that Ann writes.").waitFor();
    await judge(ben);
  });
});

const editor = (page) => page.getByLabel("Text of essay");
const stored = (page) => page.getByText(/^Saved, version [\d,.]+$/).waitFor();

/** What the editor shows, line by line; the names beside carets are no part of it. */
const textOf = (page) =>
  editor(page).evaluate((element) =>
    [...element.querySelectorAll(".cm-line")]
      .map((line) => {
        const copy = line.cloneNode(true);
        for (const mark of copy.querySelectorAll(".caret, .cm-widgetBuffer")) mark.remove();
        return copy.textContent.replaceAll("\u2060", "");
      })
      .join("\n"),
  );
