import Komoku

/// Builds the tree of one text from libyaml's events: expands aliases, replaces `${NAME}`, refuses what the settings
/// language does not have. A syntax error or a limit ends the reading, every other problem is collected.
struct Composer {
    /// The reading cannot go on; why is in the diagnostics.
    struct Stopped: Error {}

    /// A node and how many levels of lists and mappings it has.
    struct Composed {
        var node: YAMLNode
        var height = 0
    }

    private struct Anchor {
        /// Nil while the anchored value is still being read.
        var composed: Composed?
        var nodes = 0
    }

    let file: String
    private(set) var diagnostics = Diagnostics()
    private let limits: YAMLLimits
    private let parser: EventParser
    private let lines: LineIndex
    private let substitution: Substitution
    private var anchors: [[UInt8]: Anchor] = [:]
    private var nodes = 0
    private var expandedNodes = 0
    private var substitutedBytes = 0

    init(_ text: [UInt8], file: String, environment: [String: String], limits: YAMLLimits) {
        self.file = file
        self.limits = limits
        parser = EventParser(text)
        lines = LineIndex(text)
        substitution = Substitution(environment: environment)
    }

    /// The only document of the text; nil for a text without one.
    mutating func document() throws(Stopped) -> YAMLNode? {
        guard case .documentStart = try next().event else { return nil }
        let (event, mark) = try next()
        let root = try compose(event, at: mark, depth: 0).node
        _ = try next()
        let (following, place) = try next()
        if case .documentStart = following {
            let remedy = "put it into a file of its own and name that file under 'include:'"
            diagnostics.error(at: position(place), "a second document begins here", remedy: remedy)
        }
        return root
    }

    private mutating func compose(
        _ event: EventParser.Event, at mark: EventParser.Mark, depth: Int
    ) throws(Stopped) -> Composed {
        try count(1, at: mark)
        let position = position(mark)
        switch event {
        case .alias(let name):
            return try expand(name, at: mark, depth: depth)
        case .scalar(let anchor, let scalar):
            return try anchored(anchor) { composer throws(Stopped) in
                Composed(node: try composer.finish(scalar, at: position))
            }
        case .sequenceStart(let anchor, let tag):
            try checkCollection(tag: tag, core: "seq", at: position)
            try check(depth: depth + 1, at: mark)
            return try anchored(anchor) { composer throws(Stopped) in
                try composer.sequence(at: position, depth: depth + 1)
            }
        case .mappingStart(let anchor, let tag):
            try checkCollection(tag: tag, core: "map", at: position)
            try check(depth: depth + 1, at: mark)
            return try anchored(anchor) { composer throws(Stopped) in
                try composer.mapping(at: position, depth: depth + 1)
            }
        case .documentStart, .documentEnd, .sequenceEnd, .mappingEnd, .streamEnd:
            // libyaml's grammar never puts these where a value stands.
            return Composed(node: YAMLNode(.refused, at: position))
        }
    }

    private mutating func sequence(at position: SourcePosition, depth: Int) throws(Stopped) -> Composed {
        var items: [YAMLNode] = []
        var height = 0
        while true {
            let (event, mark) = try next()
            if case .sequenceEnd = event { break }
            let item = try compose(event, at: mark, depth: depth)
            items.append(item.node)
            height = max(height, item.height)
        }
        return Composed(node: YAMLNode(.sequence(items), at: position), height: height + 1)
    }

    private mutating func mapping(at position: SourcePosition, depth: Int) throws(Stopped) -> Composed {
        var entries: [YAMLNode.Entry] = []
        var seen = KeyPlaces()
        var height = 0
        while true {
            let (event, mark) = try next()
            if case .mappingEnd = event { break }
            let key = try compose(event, at: mark, depth: depth).node
            let (valueEvent, valueMark) = try next()
            let value = try compose(valueEvent, at: valueMark, depth: depth)
            height = max(height, value.height)
            guard try accept(key, among: &seen, at: mark) else { continue }
            entries.append(YAMLNode.Entry(key: key, value: value.node))
        }
        return Composed(node: YAMLNode(.mapping(entries), at: position), height: height + 1)
    }
}

// MARK: - Keys

extension Composer {
    /// Whether `key` can stand in a mapping that has the keys `seen`; reports why not.
    private mutating func accept(
        _ key: YAMLNode, among seen: inout KeyPlaces, at mark: EventParser.Mark
    ) throws(Stopped) -> Bool {
        switch key.content {
        case .refused:
            return false
        case .sequence, .mapping:
            let remedy = "put a key that starts with '{' or '[' in quotes"
            try report(at: position(mark), "\(key.shown) cannot be a key", remedy: remedy)
            return false
        case .scalar(let scalar) where scalar.style == .plain && scalar.text == "<<":
            let remedy = "write the settings out, or use an alias for a whole value"
            try report(at: position(mark), "merge keys ('<<') are not supported", remedy: remedy)
            return false
        case .scalar(let scalar) where scalar.text.isEmpty:
            try report(at: position(mark), "the key of this entry is empty")
            return false
        case .scalar(let scalar):
            guard let first = seen.insert(scalar.text, at: position(mark)) else { return true }
            let message = "'\(scalar.shownName)' is given twice, first at line \(first.line), column \(first.column)"
            try report(at: position(mark), message)
            return false
        }
    }
}

// MARK: - Scalars and tags

extension Composer {
    private mutating func finish(_ raw: YAMLScalar, at position: SourcePosition) throws(Stopped) -> YAMLNode {
        var scalar = raw
        if case .literal = scalar.style { scalar.style = .literal(indent: lines.indent(below: position.line)) }
        switch substitution.apply(to: raw.text) {
        case .unchanged: break
        case .replaced(let text, let values):
            substitutedBytes += text.utf8.count
            guard substitutedBytes <= limits.fileBytes else {
                try stop(at: position, "values from the environment add up to more than \(limits.fileBytes) bytes")
            }
            (scalar.text, scalar.written, scalar.substituted) = (text, raw.text, values)
        case .refused(let problems):
            for problem in problems { try report(at: position, problem.message, remedy: problem.remedy) }
            return YAMLNode(.refused, at: position)
        }
        guard try isTagFit(scalar, at: position) else { return YAMLNode(.refused, at: position) }
        return YAMLNode(.scalar(scalar), at: position)
    }

    private mutating func isTagFit(_ scalar: YAMLScalar, at position: SourcePosition) throws(Stopped) -> Bool {
        if scalar.fitsTag { return true }
        let tag = Self.shown(tag: scalar.tag ?? "")
        if ["!!null", "!!bool", "!!int", "!!float"].contains(tag) {
            try report(at: position, "\(scalar.shown) does not fit its tag '\(tag)'")
        } else {
            try report(at: position, "the tag '\(tag)' is not supported", remedy: Self.remedy(tag: tag))
        }
        return false
    }

    private mutating func checkCollection(tag: String?, core: String, at position: SourcePosition) throws(Stopped) {
        guard let tag, tag != "!", tag != YAMLScalar.tagPrefix + core else { return }
        let shown = Self.shown(tag: tag)
        try report(at: position, "the tag '\(shown)' is not supported here", remedy: Self.remedy(tag: shown))
    }

    private static func shown(tag: String) -> String {
        guard tag.hasPrefix(YAMLScalar.tagPrefix) else { return YAMLScalar(tag, style: .doubleQuoted).shownName }
        return "!!" + YAMLScalar(String(tag.dropFirst(YAMLScalar.tagPrefix.count)), style: .doubleQuoted).shownName
    }

    /// What people who come from other programs mean by their tags.
    private static func remedy(tag: String) -> String {
        switch tag {
        case "!secret", "!env", "!env_var": "use '${NAME}', or a key that ends in '_file'"
        case "!include": "name the file under 'include:' at the top of the file"
        default: "leave it out"
        }
    }
}

// MARK: - Anchors

extension Composer {
    private mutating func anchored(
        _ name: String?, _ body: (inout Composer) throws(Stopped) -> Composed
    ) throws(Stopped) -> Composed {
        guard let name else { return try body(&self) }
        let before = nodes
        anchors[Array(name.utf8)] = Anchor()
        let composed = try body(&self)
        // The node itself was counted before its anchor was seen.
        anchors[Array(name.utf8)] = Anchor(composed: composed, nodes: nodes - before + 1)
        return composed
    }

    private mutating func expand(
        _ name: String, at mark: EventParser.Mark, depth: Int
    ) throws(Stopped) -> Composed {
        let refused = Composed(node: YAMLNode(.refused, at: position(mark)))
        guard let anchor = anchors[Array(name.utf8)] else {
            let remedy = "put text that starts with '*' in quotes"
            try report(at: position(mark), "'*\(name)' names no anchor '&\(name)' above it", remedy: remedy)
            return refused
        }
        guard let composed = anchor.composed else {
            try report(at: position(mark), "'*\(name)' stands inside the value of its own anchor '&\(name)'")
            return refused
        }
        try count(anchor.nodes - 1, at: mark)
        expandedNodes += anchor.nodes
        if expandedNodes > limits.expandedNodes {
            let message = "the aliases of the file stand for more than \(limits.expandedNodes) values"
            try stop(at: position(mark), message, remedy: "write less by aliases")
        }
        try check(depth: depth + composed.height, at: mark)
        return composed
    }
}

// MARK: - Limits and reports

extension Composer {
    private mutating func count(_ more: Int, at mark: EventParser.Mark) throws(Stopped) {
        nodes += more
        guard nodes > limits.nodes else { return }
        let message = "the file has more than \(limits.nodes) values, each use of an alias counted"
        try stop(at: position(mark), message, remedy: "split it with 'include:'")
    }

    private mutating func check(depth: Int, at mark: EventParser.Mark) throws(Stopped) {
        guard depth > limits.depth else { return }
        try stop(at: position(mark), "lists and mappings are nested more than \(limits.depth) deep")
    }

    private mutating func next() throws(Stopped) -> (event: EventParser.Event, mark: EventParser.Mark) {
        do {
            return try parser.next()
        } catch {
            if let fault = error.layoutFinding(in: lines) {
                try stop(at: position(error.mark), fault.message, remedy: fault.remedy)
            }
            let line = lines.text(ofLine: error.mark.line)
            try stop(at: position(error.mark), error.message, remedy: error.remedy(line: line))
        }
    }

    private mutating func report(at position: SourcePosition, _ message: String, remedy: String? = nil) throws(Stopped)
    {
        diagnostics.error(at: position, message, remedy: remedy)
        guard diagnostics.all.count >= limits.problems else { return }
        try stop(at: position, "the file has too many problems, the rest of it is not read")
    }

    private mutating func stop(
        at position: SourcePosition, _ message: String, remedy: String? = nil
    ) throws(Stopped) -> Never {
        diagnostics.error(at: position, message, remedy: remedy)
        throw Stopped()
    }

    private func position(_ mark: EventParser.Mark) -> SourcePosition {
        SourcePosition(file: file, line: mark.line, column: mark.column)
    }
}
