import { Alert, Button } from '@mantine/core';
import { Component, type ReactNode } from 'react';

/** A page that fails says so, and the menu goes on working. */
export class Boundary extends Component<{ readonly children: ReactNode }, { error?: Error }> {
  override state: { error?: Error } = {};

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return (
      <Alert color="red" title="This page failed" role="alert">
        <p>{error.message}</p>
        <Button size="xs" variant="light" color="red" onClick={() => location.reload()}>
          Load it anew
        </Button>
      </Alert>
    );
  }
}
