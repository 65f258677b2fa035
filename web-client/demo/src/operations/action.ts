import type { OperationsInput, OperationsRequestName } from '@parley/shared/operations';

type ActionName = Exclude<OperationsRequestName, 'watch'>;

/** What the server is asked to do, and to what. */
export type ActionRequest = { [R in ActionName]: readonly [name: R, input: OperationsInput<R>] }[ActionName];

/** Something that is done only once it was confirmed. */
export interface Action {
  /** As a question. */
  readonly title: string;
  /** What comes of it. */
  readonly text: string;
  /** On the button that does it. */
  readonly verb: string;
  /** Said when it is done. */
  readonly done: string;
  readonly request: ActionRequest;
}
