import './said.css';
import type { ReactNode } from 'react';
import { Initials } from './initials.js';
import { clock, whole } from './when.js';

/** One thing somebody said: who, when, and what, which may stand without the first two under the one before. */
export function Said({
  name,
  at,
  isTogether,
  isMine = false,
  avatar,
  children,
}: {
  readonly name: string;
  /** ISO 8601. */
  readonly at?: string | undefined;
  /** Whether it belongs to the one before it: the same person, just then. */
  readonly isTogether?: boolean;
  /** Whether it is who looks at the page that said it. */
  readonly isMine?: boolean;
  /** In the place of the initials. */
  readonly avatar?: ReactNode;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <div className={isTogether === true ? 'said together' : 'said'}>
      <div className="said-who">{isTogether !== true && (avatar ?? <Initials name={name} />)}</div>
      <div className="said-what">
        {isTogether !== true && (
          <div className="said-head">
            <div className="said-name" dir="auto">
              {name}
              {isMine && <span> (you)</span>}
            </div>
            {at !== undefined && (
              <time className="said-time" dateTime={at} title={whole(at)}>
                {clock(at)}
              </time>
            )}
          </div>
        )}
        {children}
      </div>
    </div>
  );
}

/** Messages of one author within so many milliseconds stand together. */
const TOGETHER = 5 * 60_000;

/** Whether two times are so near that what one person said then stands together. */
export function isNear(before: string, at: string): boolean {
  return Date.parse(at) - Date.parse(before) < TOGETHER;
}
