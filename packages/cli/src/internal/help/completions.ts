/**
 * Scripts that complete commands, options and files; that of bash serves zsh too, which knows fewer expansions. The parser's own do not work for a program with a dash in its
 * name, take switches for options with values, and complete no files in fish.
 */
import {
  actionsOf,
  builtIn,
  type Commands,
  isOption,
  letterOf,
  logLevels,
  nameOf,
  pages,
  program,
  shells,
  takesValue
} from "./words.ts"

const common = ["--help", "--version", "--log-level", "--no-color"]

const optionsOf = (commands: Commands) => commands.flatMap((command) => command.entries().filter(isOption))

/** Options whose value is a file, by what stands for it in their help. */
const isFile = (term: string): boolean => /<(file|policy)>/.test(term)

/** The command whose arguments are files. */
const ofFiles = "diff"

/** The names of options, with their letters. */
const namesOf = (commands: Commands, which: (term: string) => boolean): ReadonlyArray<string> => [
  ...new Set(
    optionsOf(commands)
      .filter(({ term }) => which(term))
      .map(nameOf)
      .flatMap((name) => [name, letterOf(name) ?? name])
  )
]

const firstWords = (commands: Commands) => [...new Set(commands.map(({ name }) => name.split(" ")[0] ?? name))]

const secondWords = (commands: Commands, first: string) =>
  commands.flatMap(({ name }) => (name.startsWith(`${first} `) ? [name.slice(first.length + 1)] : []))

const topics = Object.keys(pages)

const bash = (commands: Commands): string => {
  const names = [...firstWords(commands), ...builtIn]
  const groups = firstWords(commands).filter((word) => secondWords(commands, word).length > 0)
  const inTwoWords = commands.filter(({ name }) => name.includes(" ")).map(({ name }) => `"${name}"`)
  const cases = commands.map(
    (one) =>
      `    "${one.name}") offers="${[...actionsOf(one), ...one.entries().filter(isOption).map(nameOf), ...common].join(" ")}" ;;`
  )
  const files = namesOf(commands, isFile)
  const others = namesOf(commands, (term) => takesValue({ term, text: "" }) && !isFile(term))
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
    completion) offers="${shells.join(" ")}" ;;
${groups.map((word) => `    ${word}) offers="${secondWords(commands, word).join(" ")}" ;;`).join("\n")}
${cases.join("\n")}
  esac
  case "$previous" in
    --log-level) offers="${logLevels.join(" ")}" ;;
    ${files.join("|")}) _checkpoint_permissions_files "$current"; return ;;
    ${others.join("|")}) COMPREPLY=(); return ;;
  esac
  case "$command $current" in
    "${ofFiles} -"*) ;;
    "${ofFiles} "*) _checkpoint_permissions_files "$current"; return ;;
  esac
  COMPREPLY=($(compgen -W "$offers" -- "$current"))
}
complete -F _checkpoint_permissions ${program}
`
}

const fish = (commands: Commands): string => {
  const quoted = (text: string) => `'${text.replace(/['\\]/g, "\\$&")}'`
  const line = (...parts: ReadonlyArray<string>) =>
    `complete -c ${program} ${parts.filter((part) => part !== "").join(" ")}\n`
  const seen = (name: string): string =>
    name
      .split(" ")
      .map((word) => `__fish_seen_subcommand_from ${word}`)
      .join("; and ")
  const first = firstWords(commands)
  return [
    line("-f"),
    ...commands
      .filter(({ name }) => first.includes(name))
      .map(({ name, summary }) => line("-n __fish_use_subcommand", `-a ${name}`, `-d ${quoted(summary)}`)),
    ...first.flatMap((word) => {
      const second = secondWords(commands, word).join(" ")
      return second === ""
        ? []
        : [
            line("-n __fish_use_subcommand", `-a ${word}`),
            line(`-n '${seen(word)}; and not __fish_seen_subcommand_from ${second}'`, `-a '${second}'`)
          ]
    }),
    ...builtIn.map((word) => line("-n __fish_use_subcommand", `-a ${word}`)),
    line("-n '__fish_seen_subcommand_from help'", `-a '${[...first, ...topics].join(" ")}'`),
    ...commands
      .filter((one) => actionsOf(one).length > 0)
      .map((one) => line(`-n '${seen(one.name)}'`, `-a '${actionsOf(one).join(" ")}'`)),
    line("-n '__fish_seen_subcommand_from completion'", `-a '${shells.join(" ")}'`),
    line(`-n '__fish_seen_subcommand_from ${ofFiles}' -F`),
    line("-s h -l help"),
    line("-s V -l version"),
    line("-l no-color"),
    line(`-x -l log-level -a '${logLevels.join(" ")}'`),
    ...commands.flatMap(({ entries, name }) =>
      entries()
        .filter(isOption)
        .map((entry) =>
          line(
            `-n '${seen(name)}'`,
            isFile(entry.term) ? "-r -F" : takesValue(entry) ? "-x" : "",
            `-l ${nameOf(entry).slice(2)}`,
            letterOf(nameOf(entry))?.replace("-", "-s ") ?? "",
            `-d ${quoted(entry.text)}`
          )
        )
    )
  ].join("")
}

export const completions = (shell: (typeof shells)[number], commands: Commands): string => {
  switch (shell) {
    case "bash":
      return bash(commands)
    case "fish":
      return fish(commands)
    case "zsh":
      return `autoload -Uz compinit bashcompinit; (( $+functions[compdef] )) || compinit; bashcompinit\n${bash(commands)}`
  }
}
