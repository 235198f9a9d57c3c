extension PythonPattern {
    /// Where the whole and its groups are, in characters.
    struct Match: Sendable {
        var groups: [Range<Int>?]
        var whole: Range<Int> { groups[0] ?? 0..<0 }
    }

    /// The first match at or behind a place.
    ///
    /// - Parameters:
    ///   - isAnchored: it begins exactly there.
    ///   - mustAdvance: one that begins there is not empty.
    func match(
        in text: [Unicode.Scalar], from start: Int, isAnchored: Bool, mustAdvance: Bool = false, _ work: JinjaWork
    ) throws(JinjaError) -> Match? {
        var matcher = Matcher(pattern: self, text: text, work: work)
        for place in start...text.count {
            try work.spend(2)
            if let end = try matcher.run(from: place, notTo: mustAdvance ? start : nil) {
                matcher.groups[0] = place..<end
                return Match(groups: matcher.groups)
            }
            if isAnchored { break }
        }
        return nil
    }

    /// All that do not overlap.
    func matches(in text: [Unicode.Scalar], _ work: JinjaWork) throws(JinjaError) -> [Match] {
        var found: [Match] = []
        var (place, wasEmpty) = (0, false)
        while let match = try match(in: text, from: place, isAnchored: false, mustAdvance: wasEmpty, work) {
            found.append(match)
            if found.count > JinjaValue.maximumItems { throw .failed("a pattern matches too often") }
            (place, wasEmpty) = (match.whole.upperBound, match.whole.isEmpty)
        }
        return found
    }

    /// Goes through the pattern with what is still to be matched behind each part: a list that parts are put before.
    private struct Matcher {
        /// What follows.
        indirect enum Rest {
            case done
            /// The end of the whole, which is not at a place.
            case accept(notAt: Int?)
            case node(Node, Flags, Rest)
            case close(Int, Int, Rest)
            /// The body once more, after so many, from a place.
            case again(Node, ClosedRange<Int>, Greed, Flags, count: Int, from: Int, Rest)
        }

        let pattern: PythonPattern
        let text: [Unicode.Scalar]
        let work: JinjaWork
        var groups: [Range<Int>?]
        private var depth = 0

        init(pattern: PythonPattern, text: [Unicode.Scalar], work: JinjaWork) {
            (self.pattern, self.text, self.work) = (pattern, text, work)
            groups = Array(repeating: nil, count: pattern.groups)
        }

        /// - Returns: where the match ends.
        mutating func run(from place: Int, notTo end: Int?) throws(JinjaError) -> Int? {
            for index in groups.indices { groups[index] = nil }
            return try follow(.node(pattern.root, pattern.flags, .accept(notAt: end)), place)
        }

        /// The deepest recursion: each choice that may have to be taken back is a level.
        private static let maximumDepth = 400

        private mutating func follow(_ rest: Rest, _ start: Int) throws(JinjaError) -> Int? {
            depth += 1
            defer { depth -= 1 }
            if depth > Self.maximumDepth { throw .failed("a pattern goes too deep") }
            var (rest, place) = (rest, start)
            while true {
                try work.spend(1)
                switch rest {
                case .done: return place
                case .accept(let other): return place == other ? nil : place
                case .close(let group, let start, let next):
                    let old = groups[group]
                    groups[group] = start..<place
                    if let end = try follow(next, place) { return end }
                    groups[group] = old
                    return nil
                case .again(let node, let range, let greed, let flags, let count, let from, let next):
                    return try again(node, range, greed, flags, count, from, next, place)
                case .node(let node, let flags, let next):
                    switch try step(node, flags, next, place) {
                    case .goesOn(let then, let at): (rest, place) = (then, at)
                    case .ends(let end): return end
                    }
                }
            }
        }

        private enum Step {
            case goesOn(Rest, Int)
            case ends(Int?)
        }

        private mutating func step(
            _ node: Node, _ flags: Flags, _ next: Rest, _ place: Int
        ) throws(JinjaError) -> Step {
            switch node {
            case .scalar, .any, .set:
                return holds(node, flags, place) ? .goesOn(next, place + 1) : .ends(nil)
            case .sequence(let parts):
                return .goesOn(parts.reversed().reduce(next) { .node($1, flags, $0) }, place)
            case .either(let parts):
                for part in parts.dropLast() {
                    if let end = try follow(.node(part, flags, next), place) { return .ends(end) }
                }
                return parts.last.map { .goesOn(.node($0, flags, next), place) } ?? .ends(nil)
            case .group(let number, let inner):
                guard let number else { return .goesOn(.node(inner, flags, next), place) }
                return .goesOn(.node(inner, flags, .close(number, place, next)), place)
            case .flagged(let inner, let node): return .goesOn(.node(node, inner, next), place)
            case .atomic(let inner):
                guard let end = try follow(.node(inner, flags, .done), place) else { return .ends(nil) }
                return .goesOn(next, end)
            case .repeated(let inner, let range, let greed):
                return try repeated(inner, range, greed, flags, next, place)
            case .reference(let number):
                guard let group = groups[number] else { return .ends(nil) }
                try work.spend(group.count)
                guard place + group.count <= text.count,
                    zip(text[group], text[place...]).allSatisfy({ same($0, $1, flags) })
                else { return .ends(nil) }
                return .goesOn(next, place + group.count)
            case .look(let inner, let isAhead, let isNegated):
                let from = isAhead ? place : place - (inner.width ?? 0)
                let kept = groups
                let isFound = try from >= 0 && follow(.node(inner, flags, .done), from) != nil
                if isNegated || !isFound { groups = kept }
                return isFound != isNegated ? .goesOn(next, place) : .ends(nil)
            default: return isAt(node, flags, place) ? .goesOn(next, place) : .ends(nil)
            }
        }

        private func same(_ a: Unicode.Scalar, _ b: Unicode.Scalar, _ flags: Flags) -> Bool {
            a == b || flags.contains(.ignoresCase) && (folded(a) == folded(b) || raised(a) == raised(b))
        }

        private func holds(_ node: Node, _ flags: Flags, _ place: Int) -> Bool {
            guard place < text.count else { return false }
            switch node {
            case .scalar(let scalar): return same(text[place], scalar, flags)
            case .any: return flags.contains(.dotIsAll) || text[place] != "\n"
            case .set(let set): return set.contains(text[place], ignoresCase: flags.contains(.ignoresCase))
            default: return false
            }
        }

        private func isAt(_ node: Node, _ flags: Flags, _ place: Int) -> Bool {
            let isMultiline = flags.contains(.isMultiline)
            switch node {
            case .start: return place == 0 || isMultiline && text[place - 1] == "\n"
            case .end:
                return place == text.count || place == text.count - 1 && text[place] == "\n"
                    || isMultiline && text[place] == "\n"
            case .absoluteStart: return place == 0
            case .absoluteEnd: return place == text.count
            default:
                let before = place > 0 && isWord(text[place - 1])
                let behind = place < text.count && isWord(text[place])
                return if case .boundary = node { before != behind } else { before == behind }
            }
        }

        // MARK: Repetition

        private mutating func repeated(
            _ inner: Node, _ range: ClosedRange<Int>, _ greed: Greed, _ flags: Flags, _ next: Rest, _ place: Int
        ) throws(JinjaError) -> Step {
            switch inner {
            case .scalar, .any, .set: return .ends(try simple(inner, range, greed, flags, next, place))
            default: break
            }
            if greed == .possessive {
                let all = Node.repeated(inner, range, .greedy)
                guard let end = try follow(.node(all, flags, .done), place) else { return .ends(nil) }
                return .goesOn(next, end)
            }
            return .goesOn(.again(inner, range, greed, flags, count: 0, from: -1, next), place)
        }

        /// Of one character each: no recursion for each of them.
        private mutating func simple(
            _ inner: Node, _ range: ClosedRange<Int>, _ greed: Greed, _ flags: Flags, _ next: Rest, _ place: Int
        ) throws(JinjaError) -> Int? {
            let most = min(range.upperBound, text.count - place)
            guard range.lowerBound <= most else { return nil }
            var count = 0
            func isMore(_ count: Int) -> Bool { count < most && holds(inner, flags, place + count) }
            let first = greed == .lazy ? range.lowerBound : most
            while count < first, isMore(count) { count += 1 }
            try work.spend(count)
            guard count >= range.lowerBound else { return nil }
            while true {
                if let end = try follow(next, place + count) { return end }
                switch greed {
                case .possessive: return nil
                case .greedy:
                    count -= 1
                    if count < range.lowerBound { return nil }
                case .lazy:
                    guard isMore(count) else { return nil }
                    count += 1
                }
            }
        }

        private mutating func again(
            _ node: Node, _ range: ClosedRange<Int>, _ greed: Greed, _ flags: Flags, _ count: Int, _ from: Int,
            _ next: Rest, _ place: Int
        ) throws(JinjaError) -> Int? {
            // A round that matched nothing would go on for ever.
            if place == from, count >= range.lowerBound { return try follow(next, place) }
            let isEnough = count >= range.lowerBound
            let more = Rest.node(
                node, flags, .again(node, range, greed, flags, count: count + 1, from: place, next))
            if isEnough, greed == .lazy, let end = try follow(next, place) { return end }
            if count < range.upperBound {
                let kept = groups
                if let end = try follow(more, place) { return end }
                groups = kept
            }
            return isEnough && greed != .lazy ? try follow(next, place) : nil
        }
    }
}
