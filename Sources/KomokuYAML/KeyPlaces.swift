import Komoku

/// The keys seen in a mapping and where. Compares bytes: Swift's `==` takes `é` in its two spellings for equal.
struct KeyPlaces {
    private var places: [[UInt8]: SourcePosition] = [:]

    /// Notes `key`; where it was there already, leaves it and returns its first place.
    mutating func insert(_ key: String, at position: SourcePosition) -> SourcePosition? {
        let bytes = Array(key.utf8)
        if let first = places[bytes] { return first }
        places[bytes] = position
        return nil
    }

    subscript(key: String) -> SourcePosition? { places[Array(key.utf8)] }
}
