import { Button } from '@mantine/core';
import { IconCloudOff, IconMoodSad } from '@tabler/icons-react';
import { Component, type ReactNode } from 'react';
import { Notice } from './notice.js';

/** What browsers say where a page's code does not come. */
const UNLOADED = /dynamically imported module|importing a module script|module script failed/i;

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
    const isUnloaded = UNLOADED.test(error.message);
    return (
      <div role="alert">
        <Notice
          order={2}
          icon={isUnloaded ? IconCloudOff : IconMoodSad}
          title={isUnloaded ? 'This page could not be loaded' : 'This page failed'}
          action={
            <Button mt="xs" onClick={() => location.reload()}>
              Load it anew
            </Button>
          }
        >
          {isUnloaded
            ? 'The server is away, or has become a newer one since you opened this.'
            : error.message}
        </Notice>
      </div>
    );
  }
}
