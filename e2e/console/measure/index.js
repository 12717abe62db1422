// Measures the console in Chromium; which figure means what stands in docs/benchmarks.md.
//
//   node e2e/console/measure [first-view | busy [part of a name] | history | outage]

import { busy } from "./busy.js";
import { firstView } from "./first-view.js";
import { history } from "./history.js";
import { outage } from "./outage.js";

const ALL = { "first-view": firstView, busy, history, outage };

const [name, part = ""] = process.argv.slice(2);
for (const [own, measure] of Object.entries(ALL)) {
  if (name === undefined || name === own) await measure(part);
}
// A socket that a measurement left open is nobody's any more.
process.exit(0);
