import MiniSearch, { type SearchResult } from "minisearch"
import { useRouter } from "vitepress"
import { defineComponent, h, onMounted, ref, shallowRef, watch } from "vue"

type Index = MiniSearch<{ readonly id: string }>

/** The index is loaded when the search is first opened. */
let index: Promise<Index> | undefined

const load = async (): Promise<Index> => {
  const { default: locales } = await import("@localSearchIndex")
  const { default: json } = await locales.root()
  return MiniSearch.loadJSON(json, {
    fields: ["title", "titles", "text"],
    storeFields: ["title", "titles"],
    searchOptions: { fuzzy: 0.2, prefix: true, combineWith: "AND", boost: { title: 4, titles: 2, text: 1 } }
  })
}

/** In place of the theme's: a dialog with a field, and a list of links below it. */
export default defineComponent({
  emits: ["close"],
  setup: (_, { emit }) => {
    const router = useRouter()
    const dialog = ref<HTMLDialogElement>()
    const query = ref("")
    const results = shallowRef<ReadonlyArray<SearchResult>>([])

    onMounted(() => dialog.value?.showModal())
    watch(query, async (text) => {
      index ??= load()
      const found = (await index).search(text).slice(0, 20)
      if (query.value === text) results.value = found
    })

    const open = (id: string): void => {
      emit("close")
      router.go(id)
    }
    /** The arrow keys go from the field through the links and back. */
    const move = (event: KeyboardEvent): void => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
      const stops = Array.from(dialog.value?.querySelectorAll<HTMLElement>("input, .search-results a") ?? [])
      if (step === undefined || stops.length < 2) return
      event.preventDefault()
      const at = stops.findIndex((each) => each.matches(":focus"))
      stops[(at + step + stops.length) % stops.length]?.focus()
    }

    return () =>
      h(
        "dialog",
        {
          ref: dialog,
          class: "search-box",
          "aria-label": "Search",
          onClose: () => emit("close"),
          onKeydown: move,
          onClick: (event: MouseEvent) => {
            if (event.target === dialog.value) emit("close")
          }
        },
        [
          h(
            "form",
            {
              class: "search-form",
              onSubmit: (event: Event) => {
                event.preventDefault()
                const [first] = results.value
                if (first !== undefined) open(first.id)
              }
            },
            [
              h("span", { class: "vpi-search", "aria-hidden": "true" }),
              h("input", {
                // A field of the type "search" would take the first Escape for itself.
                type: "text",
                role: "searchbox",
                inputmode: "search",
                "aria-label": "Search the documentation",
                placeholder: "Search the documentation",
                autofocus: true,
                autocomplete: "off",
                spellcheck: false,
                value: query.value,
                onInput: (event: Event) => {
                  if (event.target instanceof HTMLInputElement) query.value = event.target.value
                }
              }),
              h("button", { type: "button", class: "search-close", onClick: () => emit("close") }, "Close")
            ]
          ),
          h(
            "p",
            { class: "search-count", role: "status" },
            query.value === ""
              ? ""
              : results.value.length === 0
                ? "Nothing was found."
                : `${results.value.length} found`
          ),
          h(
            "ul",
            { class: "search-results" },
            results.value.map(({ id, title, titles }) =>
              h("li", { key: id }, [
                h(
                  "a",
                  {
                    href: id,
                    onClick: (event: MouseEvent) => {
                      if (event.ctrlKey || event.metaKey || event.shiftKey) return
                      event.preventDefault()
                      open(id)
                    }
                  },
                  [
                    h(
                      "span",
                      { class: "search-titles" },
                      titles.map((each: string) => `${each} › `)
                    ),
                    h("span", { class: "search-title" }, title)
                  ]
                )
              ])
            )
          )
        ]
      )
  }
})
