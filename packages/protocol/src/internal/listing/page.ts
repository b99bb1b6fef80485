/** What a listing lists. */
export interface Item {
  readonly id: string
}

/** A page of items. */
export interface Page {
  readonly data: ReadonlyArray<Item>
  readonly has_more: boolean
  readonly first_id?: string | null | undefined
  readonly last_id?: string | null | undefined
}
