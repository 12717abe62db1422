import './editor.css';
import { Box, useComputedColorScheme } from '@mantine/core';
import { defaultKeymap } from '@codemirror/commands';
import { Compartment, EditorState, Transaction } from '@codemirror/state';
import { EditorView, keymap, lineNumbers, placeholder } from '@codemirror/view';
import type { CollaborationClient, DocumentState, Splice } from '@quintet/client/collaboration';
import { type ReactNode, useEffect, useRef } from 'react';
import { colorsOf } from './colors.js';
import { type Mark, cursors, showCursors } from './cursors.js';

/** An editor of the document's text: what is typed goes to the client, what others type comes from it. */
export function Editor({
  document,
  client,
}: {
  readonly document: DocumentState;
  readonly client: CollaborationClient;
}): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const isReadOnly = document.role === 'observer' || document.isLocked;
  const isDark = useComputedColorScheme('light') === 'dark';
  useEffect(() => {
    const { current } = box;
    if (current === null) return undefined;
    const made = new EditorView({
      parent: current,
      state: stateOf(client, isDark),
      dispatchTransactions: (transactions, of) => take(client, transactions, of),
    });
    view.current = made;
    const remove = client.onTextChange((change) => {
      const changes =
        change.kind === 'text'
          ? { from: 0, to: made.state.doc.length, insert: change.text }
          : changeOf(change.splice);
      made.dispatch({ changes, annotations: Transaction.remote.of(true) });
    });
    return () => {
      remove();
      made.destroy();
      view.current = undefined;
    };
  }, [client, isDark]);
  const { participants, cursors: others } = document;
  useEffect(() => {
    const colors = colorsOf(participants.map(({ userId }) => userId));
    const marks = [...others].flatMap(([userId, { position, selectionEnd }]): Mark[] => {
      const person = participants.find((one) => one.userId === userId);
      const color = colors.get(userId);
      if (person === undefined || color === undefined) return [];
      return [{ userId, name: person.username, color, position, end: selectionEnd ?? position }];
    });
    view.current?.dispatch({ effects: showCursors.of(marks) });
  }, [others, participants, document.version]);
  useEffect(() => {
    view.current?.dispatch({ effects: rights.reconfigure(rightsOf(isReadOnly)) });
  }, [isReadOnly, isDark, client]);
  return <Box ref={box} className="editor" data-read-only={isReadOnly || undefined} />;
}

/** Whether one may write, which may change. */
const rights = new Compartment();

function rightsOf(isReadOnly: boolean) {
  return [
    EditorState.readOnly.of(isReadOnly),
    EditorView.contentAttributes.of({ 'aria-readonly': String(isReadOnly) }),
  ];
}

function changeOf({ position, deleted, content }: Splice) {
  return { from: position, to: position + deleted, insert: content };
}

function stateOf(client: CollaborationClient, isDark: boolean): EditorState {
  return EditorState.create({
    doc: client.text,
    extensions: [
      // The client's lines end as they were written; the editor must not make one kind of them.
      EditorState.lineSeparator.of('\n'),
      EditorView.lineWrapping,
      lineNumbers(),
      placeholder('Write something together…'),
      // Tab is not among them: it leaves the editor, as everywhere on the page.
      keymap.of([
        { key: 'Mod-z', run: () => (client.undo(), true) },
        { key: 'Mod-y', mac: 'Mod-Shift-z', run: () => (client.redo(), true) },
        { key: 'Mod-Shift-z', run: () => (client.redo(), true) },
        ...defaultKeymap,
      ]),
      EditorView.contentAttributes.of({ 'aria-label': `Text of ${client.sessionId}` }),
      EditorView.updateListener.of(({ selectionSet, docChanged, state }) => {
        if (!selectionSet && !docChanged) return;
        const { head, anchor } = state.selection.main;
        const selection = head === anchor ? {} : { selectionEnd: anchor };
        client.moveCursor({ position: head, ...selection });
      }),
      cursors,
      rights.of(rightsOf(false)),
      EditorView.theme({}, { dark: isDark }),
    ],
  });
}

/**
 * Takes what happens in the editor. What the client does not take (somebody may only look) does not happen
 * in the editor either.
 */
function take(
  client: CollaborationClient,
  transactions: readonly Transaction[],
  view: EditorView,
): void {
  if (transactions.every((transaction) => isTaken(client, transaction))) {
    return view.update(transactions);
  }
  const { text } = client;
  if (view.state.doc.toString() === text) return;
  // Some of it was taken: what counts is the client's text.
  const changes = { from: 0, to: view.state.doc.length, insert: text };
  view.update([view.state.update({ changes, annotations: Transaction.remote.of(true) })]);
}

function isTaken(client: CollaborationClient, transaction: Transaction): boolean {
  if (!transaction.docChanged || transaction.annotation(Transaction.remote) === true) return true;
  const splices: Splice[] = [];
  // Each stands on the text that has the ones before it.
  transaction.changes.iterChanges((fromA, toA, fromB, _toB, inserted) => {
    splices.push({ position: fromB, deleted: toA - fromA, content: inserted.toString() });
  });
  return splices.every((splice) => client.edit(splice));
}
