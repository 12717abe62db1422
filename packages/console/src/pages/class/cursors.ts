import { type Range, StateEffect, StateField } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, WidgetType } from '@codemirror/view';

/** Where somebody else is. */
export interface Mark {
  readonly userId: string;
  readonly name: string;
  readonly color: string;
  readonly position: number;
  /** The other end of their selection; the same as `position` without one. */
  readonly end: number;
}

/** Shows others' cursors; between two of these they move with the text. */
export const showCursors = StateEffect.define<readonly Mark[]>();

/** Others' cursors and selections in the text. */
export const cursors = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(shown, transaction) {
    let next = shown.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (effect.is(showCursors)) next = decorations(effect.value, transaction.state.doc.length);
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function decorations(marks: readonly Mark[], length: number): DecorationSet {
  const ranges = marks.flatMap((mark): Range<Decoration>[] => {
    const within = (position: number) => Math.min(position, length);
    const [from, to] = [within(mark.position), within(mark.end)].sort((a, b) => a - b) as [
      number,
      number,
    ];
    const { name, color, position } = mark;
    const caret = Decoration.widget({ widget: new Caret(name, color, position), side: 1 });
    const at = caret.range(within(mark.position));
    if (from === to) return [at];
    const style = `background: color-mix(in srgb, ${color} 22%, transparent)`;
    return [Decoration.mark({ attributes: { style } }).range(from, to), at];
  });
  return Decoration.set(ranges, true);
}

/** A person's caret, with their name, which rests a moment after they have moved. */
class Caret extends WidgetType {
  constructor(
    private readonly name: string,
    private readonly color: string,
    private readonly position: number,
  ) {
    super();
  }

  override eq(other: Caret): boolean {
    // Another one appears where somebody has moved to, with the name on it again.
    const { name, color, position } = other;
    return name === this.name && color === this.color && position === this.position;
  }

  override toDOM(): HTMLElement {
    const caret = document.createElement('span');
    caret.className = 'caret';
    // No part of the text: who is where is said beside it.
    caret.ariaHidden = 'true';
    caret.style.borderColor = this.color;
    const flag = document.createElement('span');
    flag.className = 'caret-name';
    flag.style.background = this.color;
    flag.textContent = this.name;
    flag.dir = 'auto';
    caret.append(flag);
    return caret;
  }

  override ignoreEvent(): boolean {
    return true;
  }
}
