/**
 * What the exchange needs to know, as services, with Layers that answer from memory.
 */
import { Context, Effect, Layer, Ref, Schema } from "effect"
import type { Profile } from "./definition.ts"
import type { Device, Inventory } from "./openrtb.ts"

/** A service could not answer. Those in memory always can. */
export class LookupFailed extends Schema.TaggedError<LookupFailed>()("LookupFailed", { service: Schema.String }) {}

/** The sites and apps whose impressions the exchange sells: by id, or by the domain or bundle of one that gives no id. */
export class Sites extends Context.Service<Sites, { isKnown(inventory: Inventory): Effect.Effect<boolean> }>()(
  "ad-exchange/Sites"
) {
  static readonly layer = Layer.sync(Sites, () => {
    const ids = ["102855", "1345135123", "agltb3B1Yi1pbmNyDAsSA0FwcBiJkfIUDA"]
    const domains = ["www.foobar.com", "siteabcd.com"]
    const bundles = ["12345"]
    const isKnown = ({ bundle = "", domain = "", id }: Inventory) =>
      Effect.succeed(id === undefined ? domains.includes(domain) || bundles.includes(bundle) : ids.includes(id))
    return { isKnown }
  })
}

/** What users are interested in. */
export class Profiles extends Context.Service<
  Profiles,
  { lookup(userId: string | undefined): Effect.Effect<Profile, LookupFailed> }
>()("ad-exchange/Profiles") {
  static readonly layer = Layer.sync(Profiles, () => {
    const automotive = ["55816b39711f9b5acf3b90e313ed29e51665623f", "456789876567897654678987656789"]
    const lookup = (userId = "") => Effect.succeed({ interests: automotive.includes(userId) ? ["IAB2"] : [] })
    return { lookup }
  })
}

/** Where a device is: what the request says, or what its address tells. */
export class Geo extends Context.Service<Geo, { locate(device: Device): Effect.Effect<string, LookupFailed> }>()(
  "ad-exchange/Geo"
) {
  static readonly layer = Layer.succeed(Geo, {
    locate: ({ geo, ip = "" }) => Effect.succeed(geo?.country ?? (ip.startsWith("123.145.") ? "CHN" : "USA"))
  })
}

/** What a device is, as OpenRTB's code: 2 a personal computer, 4 a phone, 5 a tablet. */
export class Devices extends Context.Service<Devices, { detect(device: Device): Effect.Effect<number> }>()(
  "ad-exchange/Devices"
) {
  static readonly layer = Layer.succeed(Devices, {
    detect: ({ devicetype, ua = "" }) =>
      Effect.succeed(devicetype ?? (/iPhone|Android.*Mobile/.test(ua) ? 4 : /iPad|Android/.test(ua) ? 5 : 2))
  })
}

/** Something worth counting. */
export type TrackedEvent =
  | { readonly kind: "sale"; readonly request: string; readonly price: number }
  | { readonly kind: "auction"; readonly request: string; readonly bids: number }
  | { readonly kind: "no fill"; readonly request: string; readonly cause: string }

/** Where the exchange counts what it did. */
export class Tracking extends Context.Service<
  Tracking,
  {
    record(event: TrackedEvent): Effect.Effect<void>
    readonly events: Effect.Effect<ReadonlyArray<TrackedEvent>>
  }
>()("ad-exchange/Tracking") {
  static readonly layer = Layer.effect(
    Tracking,
    Effect.map(Ref.make<ReadonlyArray<TrackedEvent>>([]), (events) => ({
      record: (event) => Ref.update(events, (all) => [...all, event]),
      events: Ref.get(events)
    }))
  )
}
