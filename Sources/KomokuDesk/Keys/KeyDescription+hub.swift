internal import Komoku
package import KomokuHub
package import KomokuWire

extension KeyDescription {
    /// - Parameter request: what is told of it.
    package init(_ key: KeyInfo, _ request: KeysRequest, _ version: ProtocolVersion = .v2) {
        self.init(key.name.text, KeyFacts(key, request, version))
    }
}

extension KeyFacts {
    fileprivate init(_ key: KeyInfo, _ request: KeysRequest, _ version: ProtocolVersion) {
        self.init()
        type = key.type.rawValue
        // The first protocol tells only what was defined; filling in the rest costs more than all else of a key.
        if version == .v1 { defined = key.defined.defined } else { options = key.options.filledIn(for: key.type) }
        if request.includesValue { (tellsValue, value) = (true, key.last?.value?.json) }
        if request.includesTime { (tellsTime, time) = (true, key.last?.time) }
        isStale = key.isStale
        next = key.nextFuture
        misdated = key.misdated
        isWritable = key.isWritable
        device = key.property?.device.text
        property = key.property?.name
    }
}

extension FormerKey {
    /// As the hub lists it.
    init(_ listed: (name: KeyName, former: FormerName)) {
        self.init()
        key = listed.name.text
        (name, time, isMerged) = (listed.former.name.text, listed.former.time, listed.former.isMerged)
    }
}

extension KeyChange {
    /// A change, or a key that went stale or recovered.
    package init(_ delivery: Delivery) {
        let change = delivery.change
        let isTold = delivery.freshness != nil || delivery.isStale || delivery.isMissed
        self.init(
            key: change.key.text, value: JSON(change.value), time: change.time, previous: JSON(change.previous),
            isStale: isTold ? delivery.isStale || delivery.freshness == .stale : nil, skipped: delivery.skipped,
            isMissed: delivery.isMissed, sequence: delivery.mark.map { "\($0)" })
    }
}
