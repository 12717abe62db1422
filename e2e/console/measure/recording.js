// What a page does over a while: React's commits, and the tasks of its main thread, out of Chromium's trace.

/** A task longer than this is felt: milliseconds. */
export const TASK_MAX = 50;

const CATEGORIES = ["devtools.timeline", "disabled-by-default-devtools.timeline"];

/** Counts React's commits from the first one on, by the door that its developer tools come in by. */
export async function countCommits(page) {
  await page.addInitScript(() => {
    globalThis.commits = [];
    globalThis.__REACT_DEVTOOLS_GLOBAL_HOOK__ = {
      isDisabled: false,
      supportsFiber: true,
      renderers: new Map(),
      checkDCE() {},
      inject: () => 1,
      onCommitFiberRoot: () => void globalThis.commits.push(performance.now()),
      onCommitFiberUnmount() {},
      onPostCommitFiberRoot() {},
    };
  });
}

/** What the page did while `during` ran. */
export async function recorded(page, during) {
  const browser = page.context().browser();
  await page.evaluate(() => {
    globalThis.commits.length = 0;
  });
  await browser.startTracing(page, { categories: CATEGORIES });
  await during();
  const commits = await page.evaluate(() => [...globalThis.commits]);
  const trace = JSON.parse(String(await browser.stopTracing()));
  return { ...tasks(trace.traceEvents), ...rates(commits), nodes: await nodesOf(page), heap: await heapOf(page) };
}

/** The longest tasks of the page's main thread: in time that passed, and in time it had of a processor. */
function tasks(events) {
  const started = events.find(({ name }) => name === "TracingStartedInBrowser");
  const pid = started?.args.data.frames[0]?.processId;
  const isMain = ({ name, args }) => name === "thread_name" && args.name === "CrRendererMain";
  const main = events.find((event) => isMain(event) && event.pid === pid);
  const own = events.filter(({ pid, tid, ph }) => pid === main?.pid && tid === main.tid && ph === "X");
  const runs = own.filter(({ name }) => name === "RunTask" || name === "ThreadControllerImpl::RunTask");
  const by = (field) => runs.map((run) => (run[field] ?? 0) / 1_000).sort((one, other) => other - one);
  const [wall, cpu] = [by("dur"), by("tdur")];
  return {
    tasks: runs.length,
    longest: wall[0] ?? 0,
    longestCpu: cpu[0] ?? 0,
    over: wall.filter((time) => time > TASK_MAX).length,
    overCpu: cpu.filter((time) => time > TASK_MAX).length,
    busy: cpu.reduce((sum, time) => sum + time, 0),
  };
}

/** The most commits in any second. */
function rates(commits) {
  let [most, from] = [0, 0];
  for (let to = 0; to < commits.length; to += 1) {
    while (commits[to] - commits[from] >= 1_000) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return { commits: commits.length, commitsPerSecond: most };
}

const nodesOf = (page) => page.evaluate(() => document.querySelectorAll("*").length);

/** Megabytes of the page's own objects, after what nobody needs is gone. */
async function heapOf(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await session.detach();
  return usedSize / 1_000_000;
}

/** One line of figures. */
export function line(name, figures) {
  const shown = Object.entries(figures).map(([key, value]) => {
    const isWhole = typeof value !== "number" || Number.isInteger(value);
    return `${key} ${isWhole ? value : value.toFixed(1)}`;
  });
  console.log(`${name}: ${shown.join(", ")}`);
}

export const median = (values) => [...values].sort((one, other) => one - other)[values.length >> 1] ?? 0;

/** The value that so large a part of all is not above. */
export function quantile(values, part) {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? 0;
}
