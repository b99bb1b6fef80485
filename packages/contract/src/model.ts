/** What a case is made of: plain data, so that each Effect line makes of it what it has to. */
import type { Settings } from "@checkpoint-permissions/fake/behavior"
import type { Entry, Fault } from "@checkpoint-permissions/fake/faults"
import type { RecordedRequest } from "@checkpoint-permissions/fake/http"
import type { Organization, Seed } from "@checkpoint-permissions/fake/seed"

/** How the service is made. Times are milliseconds. */
export interface ServiceOptions {
  readonly adminKey?: string
  readonly apiUrl?: string
  readonly organizationId?: string
  readonly projectId?: string
  /** The name of another library's option. */
  readonly baseUrl?: string
  readonly authHeader?: string
  readonly userAgent?: string
  readonly timeout?: number
  readonly pageSize?: number
  readonly prefetch?: boolean
  readonly logWaits?: boolean
  /** None by default. With `sleeps`, a limiter of a user that sleeps before each permit, or says that it is paused. */
  readonly pacing?:
    | "none"
    | "adaptive"
    | { readonly requests: number; readonly per: number; readonly burst?: number }
    | { readonly sleeps: number; readonly pausedFor?: number }
  /** So many more attempts, so far apart; none by default. */
  readonly retry?: "standard" | { readonly times: number; readonly every: number; readonly cap: number }
}

/**
 * A whole list next to those of permissions, of which the ids are taken. Those of a
 * project are asked for with `adminKey` as its key, of `proj_1` if no other is named.
 */
export type ListCall =
  | { readonly call: "projects"; readonly includeArchived?: boolean }
  | {
      readonly call: "events"
      /** Milliseconds. */
      readonly since?: number
      readonly until?: number
      readonly types?: ReadonlyArray<string>
    }
  | { readonly call: "adminKeys" | "models" | "jobs" }
  | { readonly call: "checkpoints"; readonly job: string }

/** An observer that takes so long, or does not end. The values that one with a name receives are noted. */
export interface Observer {
  readonly takes: number | "never"
  readonly name?: string
}

/** An environment in which a service is made, and the variables that are named for options. */
export interface Environment {
  readonly variables: Readonly<Record<string, string>>
  /** The `User-Agent` that the application's `HttpClient` sets. */
  readonly userAgent?: string
  readonly configs?: { readonly [K in "adminKey" | "apiUrl" | "organizationId" | "projectId"]?: string } | undefined
}

/** What is called. Params are what a program without types could pass. */
export type Call =
  | ListCall
  | { readonly call: "server" }
  | { readonly call: "modelPermissions"; readonly project: string }
  | { readonly call: "list"; readonly checkpoint: string; readonly params?: Readonly<Record<string, unknown>> }
  | {
      readonly call: "stream"
      readonly checkpoint: string
      readonly params?: Readonly<Record<string, unknown>>
      /** Only so many permissions are taken. */
      readonly take?: number
    }
  | { readonly call: "create"; readonly checkpoint: string; readonly projects: ReadonlyArray<string> }
  | { readonly call: "delete"; readonly checkpoint: string; readonly permission: string }
  | { readonly call: "grant"; readonly checkpoint: string; readonly projects: ReadonlyArray<string> }
  | { readonly call: "revoke"; readonly checkpoint: string; readonly projects: ReadonlyArray<string> }
  /** So many whole listings, one after the other: how many permissions each has, or the kind of its failure. */
  | { readonly call: "streams"; readonly checkpoint: string; readonly count: number }
  /** So many lists, so many at once. */
  | {
      readonly call: "lists"
      readonly checkpoint: string
      readonly count: number
      readonly concurrency: number
    }
  /** What is estimated of so many lists when this one has ended, however: times in milliseconds. */
  | { readonly call: "estimate"; readonly after: Call; readonly list: number }
  /** Some of them one after the other, or all at once: when each ended, from the beginning. */
  | { readonly call: "sequence" | "together"; readonly of: ReadonlyArray<Call> }
  | { readonly call: "delayed"; readonly of: Call; readonly by: number }
  | { readonly call: "finishInFlight" | "uninterruptible"; readonly of: Call }
  /** Comes to `"late"` when it takes longer. */
  | { readonly call: "timeout"; readonly of: Call; readonly after: number }
  /** Interrupted then: comes to `"interrupted"`, unless it had ended. */
  | { readonly call: "interrupt"; readonly of: Call; readonly after: number }
  /** What is acquired is used for ever. */
  | { readonly call: "acquireUseRelease"; readonly acquire: Call; readonly release: Call }
  /** With options for its calls. A `retry` without a cap is a plain schedule. */
  | {
      readonly call: "withOptions"
      readonly of: Call
      readonly retry?: { readonly times: number; readonly every: number; readonly cap?: number }
      readonly maxWait?: number
      readonly urgent?: boolean
      readonly onReply?: Observer
      readonly onWait?: Observer
    }

/** What a call came to: what it succeeded with, or the failure that its error stands for. */
export type Outcome = { readonly ok: unknown } | { readonly fail: object }

/** A request that the fake has seen. */
export type SeenRequest = Omit<RecordedRequest, "key">

/** What can be seen of a call. */
export interface Observed {
  readonly outcome: Outcome
  readonly requests: ReadonlyArray<SeenRequest>
  /** The projects that a stream gave. */
  readonly given: ReadonlyArray<string>
  /** The projects that have access to the checkpoint afterwards, one for each permission. */
  readonly leaves: ReadonlyArray<string>
  /** What `finishInFlight` was told, as `create done` or `delete ServerError`, and observers, as `name list 200`. */
  readonly outcomes: ReadonlyArray<string>
  /** The warnings that were logged. */
  readonly warnings: ReadonlyArray<string>
  /** How long it took, in milliseconds of the virtual clock. */
  readonly took: number
}

/** What a case expects of the call: what it succeeds with, or some fields of its failure; a text is a part of the field. */
export type Expected = { readonly ok: unknown } | { readonly fail: Readonly<Record<string, unknown>> }

/** Times are milliseconds. */
export type Case = Expected & {
  /** A sentence: what is promised. */
  readonly name: string
  /** Who has access to the checkpoint at the beginning, oldest first. */
  readonly has?: Seed[string]
  readonly organization?: Organization
  /** What the first requests meet, in their order. */
  readonly answers?: ReadonlyArray<Fault | Entry>
  readonly behavior?: Settings
  readonly options?: ServiceOptions
  /** The service is made of it, with the options beside. */
  readonly environment?: Environment
  readonly call: Call
  /** One line for each request, in their order, where it matters: {@link lineOf}. */
  readonly sent?: ReadonlyArray<string>
  /** Headers of the first request, where they matter. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  /** The projects that a stream gave before it ended or failed, where it matters. */
  readonly given?: ReadonlyArray<string>
  /** The projects that have access afterwards, where it matters; one that has two permissions twice. */
  readonly leaves?: ReadonlyArray<string>
  /** What `finishInFlight` and observers were told, where it matters. */
  readonly outcomes?: ReadonlyArray<string>
  /** A part of each warning that was logged, where it matters. */
  readonly warnings?: ReadonlyArray<string>
  /** How long it takes, or at least and at most; 0 by default. */
  readonly took?: number | readonly [least: number, most: number]
  /** It is run again and again, by fibers that yield after few steps of the runtime and after many. */
  readonly atEveryStep?: boolean
}
