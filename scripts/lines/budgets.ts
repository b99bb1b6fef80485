import type { Lines } from "./count.ts"

interface Budgets {
  readonly rooms: Readonly<Record<string, Lines>>
  /** The number of source files. */
  readonly files: Readonly<Record<string, number>>
  /** Lines of the longest source file, comments included. */
  readonly longestFile: number
  readonly guides: number
}

/**
 * How many lines and source files each room may have; `npm run figures:lines` counts them. Who needs more raises the
 * number, and says beside it what for. A budget that has become too wide is lowered.
 */
export const budgets: Budgets = {
  rooms: {
    // Access that ends, offboarding with its decisions, plans of a part, executed plans, and checkpoints that are gone.
    // Drift against the server, its authors in the log, and the histories that try it.
    access: { src: 6360, comments: 2085, tests: 10910 },
    // Merges, the last apply and reviewed plans as decisions; the list that an issue holds; a fake of GitHub with commits,
    // runs and artifacts, and random histories of merges.
    action: { src: 1045, comments: 155, tests: 1750 },
    // The fields of errors are tested of both lines here. Steps of a call and files of a delete are counted, and a program
    // by hand is a contender.
    bench: { src: 1760, comments: 170, tests: 285 },
    // Ids against the organization's projects, saved results that are complete or not there, offboard with evidence and
    // patch, doctor, show and validate; recordings that are checked and replayed.
    cli: { src: 8800, comments: 1035, tests: 6680 },
    // Limiters of a user, and interruptions at every step of one.
    client: { src: 1510, comments: 965, tests: 3210 },
    // The tables of listings, errors and writes, which protocol, client and access had each for itself; what an environment
    // gives; observers, options of calls and rate limiters of users, which client and effect4 had.
    contract: { src: 0, comments: 0, tests: 2945 },
    // What is printed of an error, and the errors that are made without a schema.
    core: { src: 360, comments: 440, tests: 680 },
    // Tables of texts, which the test of errors reads, and how old each module is.
    docs: { src: 0, comments: 0, tests: 925 },
    // Access as a service, the public interface of rate limiters, and how a client uses one that a user implements.
    effect4: { src: 2045, comments: 1545, tests: 1655 },
    // The nightly check as a program on the library. A submitter and a worker over Postgres, and their endurance run.
    examples: { src: 385, comments: 60, tests: 530 },
    // Recorded requests as text, for both lines. Sessions as actors, texts and headers of each route, the ledger of evidence.
    fake: { src: 4465, comments: 1415, tests: 3720 },
    // What retires, who granted, and what was carried over.
    page: { src: 1470, comments: 135, tests: 1000 },
    // The rules of the audit log; reads, deletes and revokes are programs here. The fields of errors, which core and effect4
    // share. The invariants of state machines, units and ranges.
    protocol: { src: 3395, comments: 945, tests: 5275 },
    // Examples, install lines and the bundle are tried from tarballs. Documents of the API are compared; words are checked.
    scripts: { src: 1660, comments: 360, tests: 500 },
    // JSON Schemas are generated here.
    "set-up": { src: 530, comments: 55, tests: 0 },
    site: { src: 820, comments: 90, tests: 320 },
    // A body that takes time, a client that goes, what a length of time may be, and the log of requests of a test that fails.
    testing: { src: 605, comments: 400, tests: 1045 }
  },
  files: {
    access: 93,
    action: 12,
    cli: 90,
    client: 19,
    core: 8,
    effect4: 31,
    fake: 52,
    page: 18,
    protocol: 45,
    testing: 12
  },
  longestFile: 350,
  guides: 5240
}
