export interface List {
  readonly title: string
  readonly entries: ReadonlyArray<Entry>
}

export interface HelpText {
  /** One sentence that fits on a line beside the name. */
  readonly summary: string
  readonly details?: ReadonlyArray<string> | undefined
  /** The words after the name in the usage line. Default: the arguments, then the options. */
  readonly usage?: string | undefined
  /** Shared options that the command's own help explains, since they have another meaning here. */
  readonly explainsShared?: ReadonlyArray<string> | undefined
  readonly lists?: ReadonlyArray<List> | undefined
  /** Command lines without the name of the program, and an explanation of each. */
  readonly examples: Readonly<Record<string, string>>
}

export interface CommandHelp extends HelpText {
  /** One word, or two: `api list`. */
  readonly name: string
  readonly entries: ReadonlyArray<Entry>
}

export type Commands = ReadonlyArray<CommandHelp>

export const program = "checkpoint-permissions"

export const purpose = "See and change which projects may use a fine-tuned model checkpoint of OpenAI's."

export const shells = ["bash", "zsh"] as const

/** Commands that need no server. They are handled before the rest of the program is loaded. */
export const builtIns: Commands = [
  {
    name: "completion",
    summary: `Print a script that completes commands, options and files: ${shells.join(", ")}.`,
    entries: [{ term: "<shell>", text: shells.join(", ") }],
    examples: { "completion bash >> ~/.bashrc": "for bash; for zsh: completion zsh >> ~/.zshrc" }
  },
  {
    name: "help",
    summary: "Show the help of the program, of a command, or a page.",
    entries: [{ term: "<command>", text: "A command, or a page: options, environment, exit-codes." }],
    examples: { "help options": "the options that several commands take" }
  },
  {
    name: "version",
    summary: "Print the version.",
    entries: [],
    examples: { version: "the same as --version" }
  }
]

export const builtIn: ReadonlyArray<string> = builtIns.map(({ name }) => name)
export const logLevels = ["all", "trace", "debug", "info", "warning", "error", "fatal", "none"] as const

/** Options of one letter, in every command with the long one. */
const letters: Readonly<Record<string, string>> = {
  "--file": "-f",
  "--help": "-h",
  "--out": "-o",
  "--version": "-V",
  "--yes": "-y"
}

export const letterOf = (name: string): string | undefined => letters[name]
export const longOf = (name: string): string => Object.keys(letters).find((long) => letters[long] === name) ?? name

export const common: ReadonlyArray<Entry> = [
  { term: "--log-level <level>", text: "Minimum level of the log, such as debug." },
  { term: "--no-color", text: "No colours, like NO_COLOR in the environment." },
  { term: "--help", text: "Show this help, or the help of a command." },
  { term: "--version", text: "Show the version." }
]

export const groups: ReadonlyArray<readonly [names: ReadonlyArray<string>, summary: string]> = [
  [["show", "validate", "export"], "Saved plans and policies."],
  [["emulator", "demo"], "A fake of the API, for tests and trials."],
  [["api list", "api create", "api delete"], "Single calls of the API."]
]

/** Options that several commands take, with the titles of their lists. The page `options` explains them once. */
export const shared: Readonly<Record<string, ReadonlyArray<string>>> = {
  "Server and key": [
    "--api-url",
    "--admin-key-file",
    "--auth-header",
    "--allow-insecure-http",
    "--fake",
    "--seed-file"
  ],
  "Requests and output": ["--rate", "--json", "--force", "--max-duration", "--project-keys"],
  Changes: ["--yes", "--dry-run", "--journal", "--actor", "--no-lock"]
}

const sharedNames: ReadonlySet<string> = new Set(Object.values(shared).flat())

/** Returns true if the help of a command leaves the option to the page `options`. */
export const isShared = ({ explainsShared = [] }: Pick<HelpText, "explainsShared">, entry: Entry): boolean =>
  sharedNames.has(nameOf(entry)) && !explainsShared.includes(nameOf(entry))

/** Pages that are about no single command. The page `options` also lists the shared options. */
export const pages: Readonly<Record<string, { readonly summary: string; readonly lists: ReadonlyArray<List> }>> = {
  options: {
    summary: "Options that several commands take. A key is never an argument.",
    lists: []
  },
  environment: {
    summary: "Variables that replace omitted options. An empty variable counts as unset.",
    lists: [
      {
        title: "Variables",
        entries: [
          { term: "OPENAI_ADMIN_KEY", text: "The admin key." },
          { term: "OPENAI_BASE_URL", text: "--api-url" },
          { term: "OPENAI_ORG_ID", text: "Sent as OpenAI-Organization." },
          { term: "OPENAI_PROJECT_ID", text: "Sent as OpenAI-Project." },
          { term: "CHECKPOINT_PERMISSIONS_RATE", text: "--rate" },
          { term: "CHECKPOINT_PERMISSIONS_MAX_REVOKES", text: "--max-revokes" },
          { term: "CHECKPOINT_PERMISSIONS_ACTOR", text: "--actor; without it GITHUB_ACTOR, USER or the user id." },
          { term: "HTTPS_PROXY, HTTP_PROXY, NO_PROXY", text: "The proxy, and the hosts that bypass it." },
          { term: "NO_COLOR", text: "--no-color" }
        ]
      }
    ]
  },
  "exit-codes": {
    summary: "Exit codes of all commands.",
    lists: [
      {
        title: "Exit codes",
        entries: [
          { term: "0", text: "Done." },
          { term: "1", text: "Failed." },
          { term: "2", text: "Wrong use: an argument, an option, a file or a variable." },
          {
            term: "3",
            text: "There are changes (plan --exit-code), differences (drift, doctor), or due reviews (review --exit-code)."
          },
          { term: "4", text: "Something is unknown, incomplete or applied in part." },
          { term: "5", text: "Refused: too many revokes, not confirmed, changed since the plan, locked." },
          { term: "129, 130, 143", text: "Interrupted by SIGHUP, SIGINT (Ctrl-C) or SIGTERM." }
        ]
      }
    ]
  }
}

/** A word and its meaning. */
export interface Entry {
  /** The name with its value: `<checkpoint>`, `--json`, `--limit <number>`. `…` marks a term that can be repeated. */
  readonly term: string
  readonly text: string
}

export const nameOf = ({ term }: Entry): string => term.split(" ")[0] ?? term
export const isOption = ({ term }: Entry): boolean => term.startsWith("-")
export const takesValue = ({ term }: Entry): boolean => term.includes("<")
export const isRepeated = ({ term }: Entry): boolean => term.endsWith("…")
