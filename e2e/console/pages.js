// The pages of the console, for what holds on every one of them.

/** The role that sees all of them. */
export const ROLE = "admin";

/** Each: its address behind the `#`, its name in the menu, and what is on it once it is there. */
export const PAGES = [
  { path: "/analyses", name: "Analyses", shows: (page) => page.getByText("No analysis yet") },
  { path: "/interview", name: "Interview", shows: (page) => page.getByText("No analysis of yours is complete") },
  { path: "/deals", name: "Deals", shows: (page) => page.getByText("No deal yet") },
  { path: "/chat", name: "Chat", shows: (page) => page.getByLabel("Say something in default") },
  { path: "/class", name: "Class", shows: (page) => page.getByLabel("Text of default-notes") },
  { path: "/voice", name: "Voice", shows: (page) => page.getByLabel("Session") },
  { path: "/agents", name: "Agents", shows: (page) => page.getByText("No session yet") },
  { path: "/server", name: "Server", shows: (page) => page.getByRole("table", { name: "Connections", exact: true }) },
];
