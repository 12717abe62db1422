// Says which of some diagrams Mermaid itself cannot read.
//
//   … | node mermaid.mjs
//
// Standard input is a JSON array of texts. Exits with 0 when every one of them is a flowchart, with 1 after
// writing each that is not, and why, to standard error; with 2 when the input is no such array.
import { JSDOM } from "jsdom";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
let diagrams;
try {
  diagrams = JSON.parse(Buffer.concat(chunks).toString("utf8"));
} catch (error) {
  console.error(`the input is no JSON: ${error.message}`);
  process.exit(2);
}
if (!Array.isArray(diagrams) || !diagrams.every((diagram) => typeof diagram === "string")) {
  console.error("the input is no array of texts");
  process.exit(2);
}

// Mermaid cleans labels with a library that asks for a page.
const { window } = new JSDOM("<!doctype html>");
Object.assign(globalThis, { window, document: window.document });
const { default: mermaid } = await import("mermaid");
mermaid.initialize({ startOnLoad: false, securityLevel: "strict" });

let failed = 0;
for (const [at, diagram] of diagrams.entries()) {
  try {
    const { diagramType } = await mermaid.parse(diagram);
    if (!diagramType.startsWith("flowchart")) throw new Error(`it is a diagram of type ${diagramType}`);
  } catch (error) {
    failed += 1;
    console.error(`diagram ${at} does not parse: ${error.message}\n${diagram}\n`);
  }
}
console.log(`${diagrams.length - failed} of ${diagrams.length} diagrams parse`);
process.exit(failed === 0 ? 0 : 1);
