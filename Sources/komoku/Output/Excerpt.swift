internal import ArgumentParser

/// The newest of a list, as many as are shown where nobody says how many.
struct Excerpt<Item> {
    let items: [Item]
    private let isCut: Bool

    /// The most that a hub lists at once.
    static var most: Int { 10_000 }

    /// - Parameters:
    ///   - limit: of the person; nil is the usual number.
    ///   - fetch: asks for the newest so many.
    init(
        limit: Int?, usual: Int, _ fetch: (_ count: Int) async throws -> [Item]
    ) async throws {
        // One more tells whether there are more. Who has said how many he wants knows that there may be.
        let wanted = limit ?? usual
        let found = try await fetch(limit == nil ? min(wanted + 1, Self.most) : wanted)
        items = Array(found.prefix(wanted))
        isCut = found.count > wanted
    }

    /// Says behind the list that it goes on.
    func tellRest() {
        if isCut { Terminal.complain("these are the newest \(items.count); --limit shows more") }
    }
}

extension Int? {
    /// - Throws: `ValidationError` where it is no number of items to show.
    func checkedAsLimit() throws {
        if let limit = self, !(1...Excerpt<Never>.most).contains(limit) {
            throw ValidationError("--limit expects 1 to \(Excerpt<Never>.most)")
        }
    }
}
