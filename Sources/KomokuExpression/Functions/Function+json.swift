import Komoku

/// JSON in texts: payloads, answers of servers. The document is read anew each time, in time in proportion to its length.
extension Function {
    static let documents: [Function] = [
        .made(
            "json", [.text("text"), .text("'a.b[0]'").optional], nil,
            "what stands there in a text of JSON: `json(answer, 'main.temp')`, `json(answer, 'list[0].name')`, `[-1]` is the last; an object or a list is given as a text of JSON; unknown if it is missing, `null`, or the text is no JSON",
            mayFail: true
        ) { checker, call, operands in
            guard operands.count > 1, let text = operands[1].constant?.string else { return anywhere }
            do throws(JSONPath.Invalid) {
                return at(try JSONPath(parsing: text))
            } catch {
                checker.fault(inside: call.arguments[1], at: error.offset, error.reason)
                return nil
            }
        }
    ]

    private static func at(_ path: JSONPath) -> Operation {
        Operation { evaluator, operands, lookup in evaluator.json(operands[0], path, lookup) }
    }

    /// The path is known only now; without one it is the whole.
    private static let anywhere = Operation { evaluator, operands, lookup in
        var path = JSONPath(members: [])
        if operands.count > 1 {
            guard let text = evaluator.text(operands[1], lookup) else { return nil }
            guard let parsed = try? JSONPath(parsing: text) else { return evaluator.unknown(.notAPath(text.shortened)) }
            path = parsed
        }
        return evaluator.json(operands[0], path, lookup)
    }

    /// `payload.a.b`
    static func member(_ path: [Substring]) -> Operation { at(JSONPath(members: path)) }
}

extension Evaluator {
    fileprivate mutating func json(_ code: Code, _ path: JSONPath, _ lookup: Lookup) -> Value? {
        guard let text = text(code, lookup) else { return nil }
        let document: JSON
        do throws(JSON.Invalid) {
            document = try JSON(parsingFromDevice: text.utf8)
        } catch {
            return unknown(.notJSON("\(error)"))
        }
        guard let found = path.find(in: document), !found.isNull else { return unknown(.noMember) }
        return Value(part: found) ?? unknown(.textTooLong)
    }
}

extension String {
    /// For messages.
    var shortened: String { String(prefix(40)) }
}
