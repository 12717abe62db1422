/** Who is said to type has stopped unless it is said again: milliseconds. The server says so after five seconds. */
const TYPING_FOR = 6_000;

/** Those who type now; tells of every change. */
export class Typists<Person> {
  readonly #all = new Map<string, { person: Person; end: ReturnType<typeof setTimeout> }>();
  readonly #onChange: (people: Person[]) => void;

  constructor(onChange: (people: Person[]) => void) {
    this.#onChange = onChange;
  }

  /** Somebody types, or types on. */
  add(id: string, person: Person): void {
    clearTimeout(this.#all.get(id)?.end);
    const end = setTimeout(() => this.remove(id), TYPING_FOR);
    this.#all.set(id, { person, end });
    this.#tell();
  }

  /** Somebody has stopped. */
  remove(id: string): void {
    clearTimeout(this.#all.get(id)?.end);
    if (this.#all.delete(id)) this.#tell();
  }

  #tell(): void {
    this.#onChange([...this.#all.values()].map(({ person }) => person));
  }
}
