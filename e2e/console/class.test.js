// Two people write one document, and the server is killed while they do.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ask, cut, enter, lineTo, until, withConsole } from "./browser.js";
import { judge } from "./judge.js";

test("two people who type at once over a kill of the server end with one text", async () => {
  await withConsole(async (server, browser) => {
    const path = "/class/math/essay";
    const line = await lineTo(server);
    const ann = await enter(browser, line, "Ann", path);
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

    let wanted =
      "A title that Ann writes. The first line is Ann's 😀.\n" +
      "The second is Ben's: and Ben goes on to the end.";
    await reads(server, [ann, ben], wanted);

    await cut(ann, line, async () => {
      await ann.keyboard.type("Without a network. ");
      await ben.keyboard.type(" He is not alone.");
      await stored(ben);
    });
    await stored(ann);
    wanted = wanted.replace("writes. ", "writes. Without a network. ") + " He is not alone.";
    await reads(server, [ann, ben], wanted);
    await ann.locator(".caret", { hasText: "Ben" }).waitFor({ state: "attached" });
    await ann.getByRole("button", { name: "Undo" }).click();
    await until(() => textOf(ben), (text) => text !== wanted && text.endsWith(" He is not alone."), "it is not undone");
    await ann.getByRole("button", { name: "Redo" }).click();
    await reads(server, [ann, ben], wanted);
    const { items } = await ask(server, server.token("Ann"), "GET", "/api/analytics/math");
    const { value } = items.find(({ metric }) => metric === "engagement");
    assert.ok(value > 0);
    await ann.getByLabel(new RegExp(`^Engagement, people active in 5 min: ${value} now`)).waitFor();
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

/** The server and all the pages have this text. */
async function reads(server, pages, wanted) {
  const token = server.token("Ann");
  const kept = async () => (await ask(server, token, "GET", "/api/documents/essay")).content;
  await until(kept, (text) => text === wanted, "the server has another text");
  for (const page of pages) {
    await until(() => textOf(page), (text) => text === wanted, `${page.who} has another text`);
  }
}

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
