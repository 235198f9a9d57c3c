package import Komoku

/// A key as the `keys` table holds it.
package struct KeyRecord: Hashable, Sendable {
    package var id: KeyID
    package var name: KeyName
    package var type: KeyType
    /// The options as they were defined, ordered by name.
    package var options: [JSON.Member]
    package var created: Timestamp
    /// What of the configuration fed it; empty is nothing, nil is not known (an older file).
    package var source: String?

    package init(
        id: KeyID, name: KeyName, type: KeyType, options: [JSON.Member], created: Timestamp, source: String? = ""
    ) {
        self.id = id
        self.name = name
        self.type = type
        self.options = options
        self.created = created
        self.source = source
    }
}

/// What the store knows of a key when it opens.
package struct RestoredKey: Hashable, Sendable {
    package var record: KeyRecord
    /// The newest put, whether or not it is a point.
    package var last: Point?
    /// The same, but never a gap.
    package var lastValue: Point?
    /// The newest point.
    package var newestPoint: Point?
    /// The hub gave the newest put its time, and is known to have.
    package var isOurs: Bool
    /// It may have points that wait for their time from here on.
    package var ahead: Timestamp?

    package init(
        record: KeyRecord, last: Point?, lastValue: Point?, newestPoint: Point?, isOurs: Bool = false,
        ahead: Timestamp? = nil
    ) {
        self.record = record
        self.last = last
        self.lastValue = lastValue
        self.newestPoint = newestPoint
        (self.isOurs, self.ahead) = (isOurs, ahead)
    }
}
