import CPCRE2

/// What PCRE2 needs to match: room for the places of groups, and the limits. Owns both; for one thread.
///
/// PCRE2's own limit on steps counts anew at each place where a match may begin, so that a text of 64 KiB would have 64 Ki times
/// as many. The callouts before each part of a pattern count all of them, with the characters that were passed between two.
final class MatchMemory {
    private let places: OpaquePointer
    private let context: OpaquePointer
    private let budget: UnsafeMutablePointer<Budget>

    private struct Budget {
        var left: Int
        var position = 0
    }

    /// What is left of the steps.
    var left: Int { max(0, budget.pointee.left) }

    /// For backtracking, in KiB.
    private static let heapLimit: UInt32 = 16 * 1024
    private static let depthLimit: UInt32 = 250_000

    /// - Parameter steps: of all matches that share the memory.
    init(for expression: RegularExpression, steps: Int) throws(RegularExpression.Exhausted) {
        guard let places = pcre2_match_data_create_from_pattern_8(expression.code, nil) else {
            throw RegularExpression.Exhausted()
        }
        guard let context = pcre2_match_context_create_8(nil) else {
            pcre2_match_data_free_8(places)
            throw RegularExpression.Exhausted()
        }
        (self.places, self.context) = (places, context)
        budget = .allocate(capacity: 1)
        budget.initialize(to: Budget(left: steps))
        pcre2_set_match_limit_8(context, UInt32(clamping: steps))
        pcre2_set_depth_limit_8(context, Self.depthLimit)
        pcre2_set_heap_limit_8(context, Self.heapLimit)
        pcre2_set_callout_8(
            context,
            { block, data in
                guard let position = block?.pointee.current_position,
                    let budget = data?.assumingMemoryBound(to: Budget.self)
                else { return 0 }
                budget.pointee.left -= 1 + abs(position - budget.pointee.position)
                budget.pointee.position = position
                return budget.pointee.left > 0 ? 0 : PCRE2_ERROR_MATCHLIMIT
            }, budget)
    }

    deinit {
        pcre2_match_context_free_8(context)
        pcre2_match_data_free_8(places)
        budget.deallocate()
    }

    /// - Parameter text: valid UTF-8.
    func match(
        _ expression: RegularExpression, in text: [UInt8], from start: Int, options: UInt32
    ) throws(RegularExpression.Exhausted) -> RegularExpression.Match? {
        guard start <= text.count else { return nil }
        budget.pointee.position = start
        let result = pcre2_match_8(
            expression.code, text, text.count, start, options | PCRE2_NO_UTF_CHECK, places, context)
        if result == PCRE2_ERROR_NOMATCH { return nil }
        guard result > 0, let found = pcre2_get_ovector_pointer_8(places) else {
            throw RegularExpression.Exhausted()
        }
        let groups = (0...expression.groupCount).map { group -> Range<Int>? in
            let (lower, upper) = (found[2 * group], found[2 * group + 1])
            // `\K` in a look-ahead can put the start behind the end; a group that took no part has -1.
            return lower >= 0 && lower <= upper && upper <= text.count ? Int(lower)..<Int(upper) : nil
        }
        return RegularExpression.Match(groups: groups)
    }
}
