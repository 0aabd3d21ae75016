import type { ContainerWatcher } from '../../use-cases/watches/container-watcher';
import { lookAtContainer } from '../steps';
import { activity } from './activity';

/** One look of a watch. Repeated, it finds the run that it started the first time. */
export function createLookAtContainer(watcher: Pick<ContainerWatcher, 'look'>) {
  return activity(lookAtContainer, ({ container }) => watcher.look(container));
}
