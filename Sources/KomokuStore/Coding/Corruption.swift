/// Stored bytes that cannot be read.
struct Corruption: Swift.Error, Hashable, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
