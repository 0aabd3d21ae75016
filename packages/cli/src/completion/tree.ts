import type { Command, Option } from 'commander';

/** The tree of commands as completion scripts need it. */
export interface CompletionOption {
  /** `-o`, `--output` */
  readonly flags: readonly string[];
  readonly takesValue: boolean;
  readonly choices: readonly string[];
  readonly description: string;
}

export interface CompletionNode {
  /** Names from below the program down: `run start`; empty for the program itself. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly CompletionOption[];
  /** What its first argument can be, where that is a fixed list. */
  readonly words: readonly string[];
}

/** Every command, the program first, aliases as commands of their own. */
export function completionTree(program: Command): CompletionNode[] {
  return nodesOf(program, '', []);
}

function nodesOf(command: Command, path: string, inherited: readonly CompletionOption[]): CompletionNode[] {
  const own = command.createHelp().visibleOptions(command).map(optionOf);
  const shared = path === '' ? own.filter(({ flags }) => !flags.includes('--version')) : inherited;
  const below = command.commands.flatMap((child) =>
    [child.name(), ...child.aliases()].map((name) => ({ name, child, description: child.description() })),
  );
  const node: CompletionNode = {
    path,
    commands: below.map(({ name, description }) => ({ name, description })),
    options: [...own, ...(path === '' ? [] : inherited.filter((one) => !own.some((mine) => isSame(mine, one))))],
    words: command.registeredArguments[0]?.argChoices ?? [],
  };
  return [node, ...below.flatMap(({ name, child }) => nodesOf(child, `${path} ${name}`.trim(), shared))];
}

function isSame(a: CompletionOption, b: CompletionOption): boolean {
  return a.flags.some((flag) => b.flags.includes(flag));
}

function optionOf(option: Option): CompletionOption {
  return {
    flags: [option.short, option.long].filter((flag) => flag !== undefined),
    takesValue: option.required || option.optional,
    choices: option.argChoices ?? [],
    description: option.description,
  };
}
