/**
 * Scripts that complete commands, options and files. The bash script is also that of zsh, so it uses only expansions
 * that both have. The parser's own scripts fail with a dash in the program's name, and treat switches as options with
 * values.
 */
import * as Words from "./words.ts"

const common = Words.common.map(Words.nameOf)

/** Returns true for an option whose value is a file. The term in its help shows this. */
const isFile = (term: string): boolean => /<(file|policy|plan\.json)>/.test(term)

const takingFile = (commands: Words.Commands): ReadonlyArray<string> =>
  commands.flatMap(({ entries, name }) =>
    entries.some((entry) => !Words.isOption(entry) && isFile(entry.term)) ? [name] : []
  )

const namesOf = (commands: Words.Commands, which: (term: string) => boolean): ReadonlyArray<string> => [
  ...new Set(
    commands
      .flatMap(({ entries }) => entries)
      .filter((entry) => Words.isOption(entry) && which(entry.term))
      .map(Words.nameOf)
      .flatMap((name) => [name, Words.letterOf(name) ?? name])
  )
]

const firstWords = (commands: Words.Commands) => [...new Set(commands.map(({ name }) => name.split(" ")[0] ?? name))]

const secondWords = (commands: Words.Commands, first: string) =>
  commands.flatMap(({ name }) => (name.startsWith(`${first} `) ? [name.slice(first.length + 1)] : []))

const topics = Object.keys(Words.pages)

const bash = (commands: Words.Commands): string => {
  const names = [...firstWords(commands), ...Words.builtIn]
  const groups = firstWords(commands).filter((word) => secondWords(commands, word).length > 0)
  const inTwoWords = commands.filter(({ name }) => name.includes(" ")).map(({ name }) => `"${name}"`)
  const cases = commands.map(
    (one) =>
      `    "${one.name}") offers="${[...one.entries.filter(Words.isOption).map(Words.nameOf), ...common].join(" ")}" ;;`
  )
  const files = namesOf(commands, isFile)
  const withFile = takingFile(commands)
  const others = namesOf(commands, (term) => Words.takesValue({ term, text: "" }) && !isFile(term))
  return `_checkpoint_permissions_files() {
  local word; COMPREPLY=(); compopt -o filenames 2> /dev/null
  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$1")
}
_checkpoint_permissions() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[$((COMP_CWORD-1))]}" command="" word offers
  for word in "\${COMP_WORDS[@]:1:$((COMP_CWORD-1))}"; do
    case "$command $word" in
      ${names.map((name) => `" ${name}"`).join("|")}) command="$word" ;;
      ${inTwoWords.join("|")}) command="$command $word" ;;
    esac
  done
  if [ "$current" = "=" ]; then current=""; elif [ "$previous" = "=" ]; then previous="\${COMP_WORDS[$((COMP_CWORD-2))]}"; fi
  case "$command" in
    "") offers="${[...names, ...common].join(" ")}" ;;
    help) offers="${[...names, ...topics].join(" ")}" ;;
    completion) offers="${Words.shells.join(" ")}" ;;
${groups.map((word) => `    ${word}) offers="${secondWords(commands, word).join(" ")}" ;;`).join("\n")}
${cases.join("\n")}
  esac
  case "$previous" in
    --log-level) offers="${Words.logLevels.join(" ")}" ;;
    ${files.join("|")}) _checkpoint_permissions_files "$current"; return ;;
    ${others.join("|")}) COMPREPLY=(); return ;;
  esac
  case "$command $current" in
    ${withFile.map((name) => `"${name} -"*`).join("|")}) ;;
    ${withFile.map((name) => `"${name} "*`).join("|")}) _checkpoint_permissions_files "$current"; return ;;
  esac
  COMPREPLY=($(compgen -W "$offers" -- "$current"))
}
complete -F _checkpoint_permissions ${Words.program}
`
}

export const completions = (shell: (typeof Words.shells)[number], commands: Words.Commands): string => {
  switch (shell) {
    case "bash":
      return bash(commands)
    case "zsh":
      return `autoload -Uz compinit bashcompinit; (( $+functions[compdef] )) || compinit; bashcompinit\n${bash(commands)}`
  }
}
