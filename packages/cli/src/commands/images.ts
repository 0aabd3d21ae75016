import type { Command } from 'commander';
import { usage } from '../failure';
import { onePage } from '../output';
import { positiveNumber, type Registrar } from '../session';
import { plainLines } from '../text/plain';
import { tagsView } from '../views/container';
import { imageLines } from '../views/image';

export function registerImages(program: Command, { action }: Registrar): void {
  program
    .command('image')
    .description('one image')
    .command('show')
    .description('show one image')
    .argument('<container/blob>', 'the container name, a slash, the full blob name')
    .option('--history', 'each attempt, in each run')
    .action(
      action<{ readonly history?: true }>(async ({ api, out }, [name = ''], { history }) => {
        const [container, blob] = splitName(name);
        if (history) {
          const what = 'the history of an image';
          const { body: history } = await api.getImageHistory({ params: { container, blob } }, { what });
          return out.value(history, () => plainLines(history, out.width));
        }
        const { body: image } = await api.getImage({ params: { container, blob } }, { what: 'images' });
        return out.value(image, () => imageLines(image, out));
      }),
    );
  program
    .command('tags')
    .description('the tags of a container, most frequent first')
    .argument('<container>')
    .option('--top <n>', 'at most this many', positiveNumber)
    .action(
      action<{ readonly top?: number }>(async ({ api, out }, [name = ''], { top }) => {
        const { body } = await api.getContainer({ params: { container: name } }, { what: 'containers' });
        await out.list(onePage(body.tags.slice(0, top)), tagsView);
      }),
    );
}

/** A container has no slash in its name, a blob may have many. */
function splitName(name: string): [container: string, blob: string] {
  const slash = name.indexOf('/');
  if (slash <= 0 || slash === name.length - 1) {
    throw usage(`'${name}' is not <container>/<blob>.`, ['Use a name such as photos/holiday/beach.jpg.']);
  }
  return [name.slice(0, slash), name.slice(slash + 1)];
}
