import { Button } from '@mantine/core';
import { IconMoodSad } from '@tabler/icons-react';
import { Component, type ReactNode } from 'react';
import { Notice } from './notice.js';

interface Props {
  /** Where somebody is: a page that failed is tried again elsewhere. */
  readonly place: string;
  readonly children: ReactNode;
}

/** A page that fails says so, and the menu goes on working. */
export class Boundary extends Component<Props, { error?: Error | undefined }> {
  override state: { error?: Error | undefined } = {};

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override componentDidUpdate({ place }: Props): void {
    if (place !== this.props.place && this.state.error !== undefined) {
      this.setState({ error: undefined });
    }
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return (
      <div role="alert">
        <Notice
          icon={IconMoodSad}
          title="This page failed"
          action={<Button onClick={() => location.reload()}>Load it anew</Button>}
        >
          {error.message}
        </Notice>
      </div>
    );
  }
}
