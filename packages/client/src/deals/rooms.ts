import { Backlog, type HistoryPage, type Position } from '../backlog.js';
import type { ChatMessage, RoomJoined } from '../messages/deals.js';
import { Store } from '../store.js';

/** A stored message of a room, or of two people. */
export type DealsMessage = ChatMessage['data'];

/** A room that was joined. */
export interface Room {
  readonly roomId: string;
  readonly memberCount: number;
  /** Oldest first. */
  readonly messages: readonly DealsMessage[];
  /** Changes whenever `messages` does, which stays the same array. */
  readonly revision: number;
}

/** Asks to join a room, from a position. */
export type JoinRoom = (
  roomId: string,
  position: Position | undefined,
) => Promise<RoomJoined['data']>;

interface Joined {
  readonly backlog: Backlog<DealsMessage>;
  memberCount: number;
}

/** The rooms that are joined, over drops. */
export class Rooms {
  /** By id. */
  readonly all = new Store<ReadonlyMap<string, Room>>(new Map());
  readonly #joined = new Map<string, Joined>();
  readonly #join: JoinRoom;

  constructor(join: JoinRoom) {
    this.#join = join;
  }

  /** Their ids. */
  get ids(): string[] {
    return [...this.#joined.keys()];
  }

  /**
   * Joins a room, or joins it again, from the last message that is known.
   *
   * @throws where it cannot be joined, or was left meanwhile
   */
  async join(roomId: string): Promise<Room> {
    const joined = this.#joined.get(roomId) ?? this.#begin(roomId);
    await joined.backlog.catchUp();
    const room = this.all.value.get(roomId);
    if (room === undefined) throw new Error(`The room ${roomId} was left meanwhile`);
    return room;
  }

  /** It is left. */
  forget(roomId: string): void {
    this.#joined.delete(roomId);
    this.all.update((rooms) => new Map([...rooms].filter(([id]) => id !== roomId)));
  }

  /** A message of a room that is joined was told; false for others. */
  tell(roomId: string, message: DealsMessage): boolean {
    const joined = this.#joined.get(roomId);
    if (joined === undefined) return false;
    if (joined.backlog.tell(message)) this.#show(roomId, joined);
    return true;
  }

  #begin(roomId: string): Joined {
    const joined: Joined = {
      backlog: new Backlog(
        (position) => this.#read(roomId, joined, position),
        () => this.#show(roomId, joined),
      ),
      memberCount: 0,
    };
    this.#joined.set(roomId, joined);
    return joined;
  }

  async #read(
    roomId: string,
    joined: Joined,
    position: Position | undefined,
  ): Promise<HistoryPage<DealsMessage>> {
    const page = await this.#join(roomId, position);
    joined.memberCount = page.memberCount;
    return page;
  }

  #show(roomId: string, joined: Joined): void {
    if (this.#joined.get(roomId) !== joined) return;
    const { memberCount } = joined;
    const { messages, revision } = joined.backlog;
    this.all.update((rooms) =>
      new Map(rooms).set(roomId, { roomId, memberCount, messages, revision }),
    );
  }
}
