import { atPath, knownPaths } from './bash';
import type { CompletionNode } from './tree';

/** A file `_contactsheet` in a folder of $fpath, or `source <(contactsheet completion zsh)` after compinit. */
export function zshScript(nodes: readonly CompletionNode[]): string {
  return `#compdef contactsheet
_contactsheet() {
  local at="" word
  local -a found
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at $word" in
      ${knownPaths(nodes)}) at="$at $word" ;;
    esac
  done
  case "$at $words[CURRENT-1]" in
${nodes.flatMap(choiceCases).join('\n')}
  esac
  case "$at" in
${nodes.map(wordCase).join('\n')}
  esac
  _describe -o contactsheet found || _files
}
if [ "$funcstack[1]" = "_contactsheet" ]; then
  _contactsheet "$@"
else
  compdef _contactsheet contactsheet
fi
`;
}

function choiceCases({ path, options }: CompletionNode): string[] {
  return options
    .filter(({ takesValue }) => takesValue)
    .map(({ flags, choices }) => {
      const pattern = flags.map((flag) => `"${atPath(path)} ${flag}"`).join(' | ');
      return `    ${pattern}) ${choices.length > 0 ? `compadd -- ${choices.join(' ')}` : '_files'}; return ;;`;
    });
}

function wordCase({ path, commands, options, words }: CompletionNode): string {
  const all = [
    ...commands.map(({ name, description }) => described(name, description)),
    ...words.map((word) => quoted(word)),
    ...options.flatMap(({ flags, description }) => flags.map((flag) => described(flag, description))),
  ];
  return `    "${atPath(path)}") found=(${all.join(' ')}) ;;`;
}

function described(name: string, description: string): string {
  return quoted(`${name}:${description.replaceAll(':', '\\:')}`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
