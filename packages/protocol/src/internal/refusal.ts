/** Input that is refused before a request exists. */
export interface Refusal {
  /** The parameter or option, by the name that the caller knows. */
  readonly field: string
  readonly reason: string
}

/** What was checked, or why it is refused. */
export type Checked<A> = { readonly ok: A } | Refusal
