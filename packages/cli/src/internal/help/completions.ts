/**
 * Scripts that complete commands, options and files. The parser's own do not work for a program with a dash in its
 * name, take switches for options with values, and complete no files in fish.
 */
import { isOption, nameOf, takesValue } from "./entry.ts"
import { builtIn, type Commands, logLevels, program, shells } from "./words.ts"

const common = ["--help", "--version", "--log-level"]

const optionsOf = (commands: Commands) => commands.flatMap((command) => command.entries().filter(isOption))

/** Options whose value is a file, by what stands for it in their help. */
const isFile = (term: string): boolean => /<(file|policy)>/.test(term)

/** The command whose arguments are files. */
const ofFiles = "diff"

const namesOf = (commands: Commands, which: (term: string) => boolean): ReadonlyArray<string> => [
  ...new Set(
    optionsOf(commands)
      .filter(({ term }) => which(term))
      .map(nameOf)
  )
]

const bash = (commands: Commands): string => {
  const names = [...commands.map((command) => command.name), ...builtIn]
  const cases = commands.map(
    (command) =>
      `    ${command.name}) words="${[...command.entries().filter(isOption).map(nameOf), ...common].join(" ")}" ;;`
  )
  const files = namesOf(commands, isFile)
  const others = namesOf(commands, (term) => takesValue({ term, text: "" }) && !isFile(term))
  return `_checkpoint_permissions_files() {
  local word; COMPREPLY=(); compopt -o filenames 2> /dev/null
  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$1")
}
_checkpoint_permissions() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="" word words
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in ${names.join("|")}) command="$word"; break ;; esac
  done
  if [ "$current" = "=" ]; then current=""; elif [ "$previous" = "=" ]; then previous="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  case "$command" in
    "") words="${[...names, ...common, "--completions"].join(" ")}" ;;
    help) words="${names.join(" ")}" ;;
${cases.join("\n")}
  esac
  case "$previous" in
    --completions) words="${shells.join(" ")}" ;;
    --log-level) words="${logLevels.join(" ")}" ;;
    ${files.join("|")}) _checkpoint_permissions_files "$current"; return ;;
    ${others.join("|")}) COMPREPLY=(); return ;;
  esac
  case "$command $current" in
    "${ofFiles} -"*) ;;
    "${ofFiles} "*) _checkpoint_permissions_files "$current"; return ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _checkpoint_permissions ${program}
`
}

const fish = (commands: Commands): string => {
  const quoted = (text: string) => `'${text.replace(/['\\]/g, "\\$&")}'`
  const line = (...parts: ReadonlyArray<string>) => `complete -c ${program} ${parts.join(" ")}\n`
  return [
    line("-f"),
    ...commands.map((command) =>
      line("-n __fish_use_subcommand", `-a ${command.name}`, `-d ${quoted(command.summary)}`)
    ),
    ...builtIn.map((word) => line("-n __fish_use_subcommand", `-a ${word}`)),
    line("-n '__fish_seen_subcommand_from help'", `-a '${commands.map((command) => command.name).join(" ")}'`),
    line(`-n '__fish_seen_subcommand_from ${ofFiles}' -F`),
    line("-s h -l help"),
    line("-s V -l version"),
    line(`-x -l log-level -a '${logLevels.join(" ")}'`),
    line("-n __fish_use_subcommand", `-x -l completions -a '${shells.join(" ")}'`),
    ...commands.flatMap((command) =>
      command
        .entries()
        .filter(isOption)
        .map((entry) =>
          line(
            `-n '__fish_seen_subcommand_from ${command.name}'`,
            isFile(entry.term) ? "-r -F" : takesValue(entry) ? "-x" : "",
            `-l ${nameOf(entry).slice(2)}`,
            `-d ${quoted(entry.text)}`
          )
        )
    )
  ].join("")
}

export const completions = (shell: (typeof shells)[number], commands: Commands): string => {
  switch (shell) {
    case "bash":
    case "sh":
      return bash(commands)
    case "fish":
      return fish(commands)
    case "zsh":
      return `autoload -Uz bashcompinit && bashcompinit\n${bash(commands)}`
  }
}
