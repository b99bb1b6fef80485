/** A page as the server of the measurements sends it, for those who check nothing. */
export interface Page {
  readonly data: ReadonlyArray<{ readonly project_id: string }>
  readonly has_more: boolean
  readonly last_id: string
}
