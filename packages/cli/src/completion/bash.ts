import type { CompletionNode } from './tree';

/** `source <(contactsheet completion bash)`. Where nothing is known, the shell completes file names. */
export function bashScript(nodes: readonly CompletionNode[]): string {
  return `# bash completion for contactsheet
_contactsheet() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" at="" words="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at \${COMP_WORDS[i]}" in
      ${knownPaths(nodes)}) at="$at \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$at $prev" in
${nodes.flatMap(choiceCases).join('\n')}
    *)
      case "$at" in
${nodes.map(wordCase).join('\n')}
      esac
      ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _contactsheet contactsheet
`;
}

/** As a pattern of \`case\`: each path with a space before every name. */
export function knownPaths(nodes: readonly CompletionNode[]): string {
  return nodes
    .filter(({ path }) => path !== '')
    .map(({ path }) => `" ${path}"`)
    .join(' | ');
}

export function atPath(path: string): string {
  return path === '' ? '' : ` ${path}`;
}

function choiceCases({ path, options }: CompletionNode): string[] {
  return options
    .filter(({ takesValue }) => takesValue)
    .map(({ flags, choices }) => {
      const pattern = flags.map((flag) => `"${atPath(path)} ${flag}"`).join(' | ');
      return `    ${pattern}) words="${choices.join(' ')}" ;;`;
    });
}

function wordCase({ path, commands, options, words }: CompletionNode): string {
  const all = [...commands.map(({ name }) => name), ...words, ...options.flatMap(({ flags }) => flags)];
  return `        "${atPath(path)}") words="${all.join(' ')}" ;;`;
}
