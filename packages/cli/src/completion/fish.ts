import type { CompletionNode, CompletionOption } from './tree';

/** `contactsheet completion fish | source`, or a file in ~/.config/fish/completions. */
export function fishScript(nodes: readonly CompletionNode[]): string {
  const known = nodes.filter(({ path }) => path !== '').map(({ path }) => quoted(path));
  return `# fish completion for contactsheet
function __contactsheet_at
    set -l known ${known.join(' ')}
    set -l at ''
    for word in (commandline -opc)[2..-1]
        set -l next (string trim -- "$at $word")
        contains -- $next $known; and set at $next
    end
    test "$at" = "$argv[1]"
end
complete -c contactsheet -f
${nodes.flatMap(nodeLines).join('\n')}
`;
}

function nodeLines({ path, commands, options, words }: CompletionNode): string[] {
  const start = `complete -c contactsheet -n ${quoted(`__contactsheet_at '${path}'`)}`;
  return [
    ...commands.map(({ name, description }) => `${start} -a ${name} -d ${quoted(description)}`),
    ...words.map((word) => `${start} -a ${word}`),
    ...options.map((option) => `${start} ${optionWords(option)}`),
  ];
}

function optionWords({ flags, takesValue, choices, description }: CompletionOption): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const value = choices.length > 0 ? [`-x -a ${quoted(choices.join(' '))}`] : takesValue ? ['-r -F'] : [];
  return [...names, ...value, `-d ${quoted(description)}`].join(' ');
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
