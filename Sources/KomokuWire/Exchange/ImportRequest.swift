public import Komoku

/// `import`: a part of what a client brings.
package struct ImportRequest: Hashable, Sendable {
    package struct Series: Hashable, Sendable {
        package var name: KeyName
        /// `[[T,V], …]`, not looked at yet.
        package var points: [JSON]

        package init(name: KeyName, points: [JSON]) { (self.name, self.points) = (name, points) }
    }

    package var definitions: [KeyDefinition] = []
    package var series: [Series] = []
    /// Nothing more will come.
    package var isDone = false

    package init(definitions: [KeyDefinition] = [], series: [Series] = [], isDone: Bool = false) {
        (self.definitions, self.series, self.isDone) = (definitions, series, isDone)
    }

    /// - Throws: where the shape is wrong or a name is none, before anything is done.
    package init(wire body: JSON) throws(Refusal) {
        guard body.object != nil else { throw .invalidQuery }
        if let keys = body["keys"], !keys.isNull { definitions = try [KeyDefinition](wire: keys) }
        series = try Self.series(body["points"])
        if let done = body["done"], !done.isNull { isDone = try Bool(wire: done, of: "done") }
    }

    private static func series(_ json: JSON?) throws(Refusal) -> [Series] {
        guard let json, !json.isNull else { return [] }
        let shape = Refusal.invalidQuery("'points' is a list of [NAME,[[T,V], …]]")
        guard let items = json.array else { throw shape }
        var series: [Series] = []
        for item in items {
            guard let parts = item.array, parts.count == 2, let name = parts[0].string, let points = parts[1].array
            else { throw shape }
            guard let name = KeyName(name) else {
                throw Refusal(.invalidKey, "'\(name.prefix(100))' cannot be the name of a key")
            }
            series.append(Series(name: name, points: points))
        }
        return series
    }

    /// The body; each member is left out where there is nothing of it.
    package var wire: JSON {
        Self.body(definitions, series.map { [.string($0.name.text), .array($0.points)] }, isDone: isDone)
    }

    /// The same of what a client has read from a file, whose names the hub checks.
    package static func body(_ definitions: [KeyDefinition], _ points: [JSON], isDone: Bool = false) -> JSON {
        var members: [JSON.Member] = []
        if !definitions.isEmpty { members.append(JSON.Member("keys", definitions.wire)) }
        if !points.isEmpty || !isDone { members.append(JSON.Member("points", .array(points))) }
        if isDone { members.append(JSON.Member("done", true)) }
        return .object(members)
    }
}

/// The answer to `import`: what became of the points, which are on disk now.
package struct ImportReport: Shape, Hashable {
    /// Points that are new, or replaced another value.
    package var points = 0
    /// Points that were there already.
    package var known = 0
    /// Points of hours of which the hub has only sums by now.
    package var leftOut = 0
    package var refused: [RefusedPoint] = []
    /// How many more were refused than are told.
    package var more = 0

    /// The most refusals that are told one by one: a message of a mebibyte may hold a third of a million.
    package static let told = 16_384

    package init() {}

    /// The text: a tree of so many refusals would take several megabytes.
    package var bytes: [UInt8] {
        var bytes = Array(#"{"points":\#(points)"#.utf8)
        if known > 0 { bytes += Array(#","known":\#(known)"#.utf8) }
        if leftOut > 0 { bytes += Array(#","left_out":\#(leftOut)"#.utf8) }
        bytes += Array(#","refused":"#.utf8)
        JSON.writeList(refused, into: &bytes) { $0.wire.write(into: &$1) }
        if more > 0 { bytes += Array(#","more":\#(more)"#.utf8) }
        return bytes + [UInt8(ascii: "}")]
    }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("points", &points)
        try visit.unless(0, "known", &known)
        try visit.unless(0, "left_out", &leftOut)
        try visit.list("refused", &refused)
        try visit.unless(0, "more", &more)
    }
}

/// A point that the hub did not take: `[NAME,INDEX,REASON]`.
public struct RefusedPoint: Hashable, Sendable, WireValue {
    public let key: String
    /// Of the point among those of the key in the message.
    public let index: Int
    /// The code of the refusal.
    public let reason: String

    package init(key: String, index: Int, reason: String) {
        (self.key, self.index, self.reason) = (key, index, reason)
    }

    public init(wire json: JSON, of name: StaticString) throws(Refusal) {
        guard let items = json.array, items.count == 3, let key = items[0].string,
            let index = items[1].number.flatMap({ Int(exactly: $0) })
        else { throw .invalidQuery("'\(name)' is a list of [NAME,INDEX,REASON]") }
        self.init(key: key, index: index, reason: items[2].string ?? items[2].text)
    }

    public var wire: JSON { [.string(key), .number(Double(index)), .string(reason)] }
}
