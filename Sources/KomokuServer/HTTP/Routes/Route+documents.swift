internal import Komoku
internal import KomokuWire
internal import NIOHTTP1

extension Parameter {
    fileprivate static let document = path("name", .text, "what it is called: 1 to 64 of a-z, 0-9, _ and -")
    fileprivate static let shared = query("shared", .flag, "one of the house, and not of who asks")
    fileprivate static let revision = query(
        "revision", .count(0...(1 << 53)), "only where this is the one that is there; 0: where there is none")
}

extension Route {
    /// Documents have their own limit, which says what to do; this one is for what is no document at all.
    private static let mostOfDocument = 256 << 10

    static let documents: [Route] = [
        Route(
            method: .GET, path: PathTemplate("/api/documents"), group: .documents,
            title: "Lists what who asks keeps at the hub, and what is kept for the house", work: .command(.documents)),
        Route(
            method: .GET, path: PathTemplate("/api/documents/{name}"), group: .documents,
            title: "Gives a document with its revision, which is its ETag, too", parameters: [.document, .shared],
            work: .custom { $0.showDocument() }),
        Route(
            method: .PUT, path: PathTemplate("/api/documents/{name}"), group: .documents,
            title: "Keeps the body, any JSON, as a document; with If-Match only in place of that revision",
            parameters: [.document, .shared, .revision], work: .custom { $0.putDocument($0.request.body) },
            most: mostOfDocument),
        Route(
            method: .DELETE, path: PathTemplate("/api/documents/{name}"), group: .documents,
            title: "Deletes a document; with If-Match only that revision",
            parameters: [.document, .shared, .revision], work: .custom { $0.putDocument(nil) }),
    ]
}

extension HTTPExchange {
    fileprivate func showDocument() {
        do throws(Problem) {
            let headers = request.headers
            perform(try command(.document, members())) { reply in
                guard case .json(let json) = reply, let revision = json["revision"]?.number else {
                    return HTTPAnswer(reply: reply)
                }
                let tag = RevisionTag(revision)
                if tag.isNamed(in: headers["If-None-Match"]) { return .unchanged(["ETag": tag.text]) }
                var answer = HTTPAnswer(reply: reply)
                answer.headers.add(name: "ETag", value: tag.text)
                return answer
            }
        } catch {
            refuse(error)
        }
    }

    /// - Parameter body: nil deletes.
    fileprivate func putDocument(_ body: [UInt8]?) {
        do throws(Problem) {
            var members = try members().object ?? []
            members.append(JSON.Member("content", try body.map(Self.content) ?? .null))
            let tags = request.headers["If-Match"]
            let isGiven = members.contains { $0.name.utf8.elementsEqual("revision".utf8) }
            if let expected = try RevisionTag.revision(in: tags), !isGiven {
                members.append(JSON.Member("revision", .number(expected)))
            } else if !isGiven, request.headers[canonicalForm: "If-None-Match"].contains("*") {
                // Only where there is none.
                members.append(JSON.Member("revision", 0))
            }
            perform(try command(.putDocument, .object(members))) { reply in
                if case .error(let refusal) = reply, refusal.code == "conflict", !isGiven {
                    return HTTPAnswer(
                        Problem(status: .preconditionFailed, code: refusal.code, detail: refusal.message))
                }
                var answer = HTTPAnswer(reply: reply)
                if body != nil, case .json(let json) = reply, let revision = json["revision"]?.number {
                    answer.headers.add(name: "ETag", value: RevisionTag(revision).text)
                }
                return answer
            }
        } catch {
            refuse(error)
        }
    }

    private static func content(_ body: [UInt8]) throws(Problem) -> JSON {
        let content: JSON
        do { content = try JSON(parsing: body) } catch {
            throw Problem(status: .badRequest, code: "invalid_json", detail: "the body is \(error)")
        }
        guard !content.isNull else { throw .badRequest("null is no content; DELETE deletes a document") }
        return content
    }
}

/// The revision of a document as its entity tag: `"7"`.
struct RevisionTag: Hashable, Sendable {
    let text: String

    init(_ revision: Double) { text = "\"\(DecimalNumber.text(revision))\"" }

    func isNamed(in headers: [String]) -> Bool {
        headers.flatMap { $0.split(separator: ",") }.contains { item in
            let tag = item.drop { $0 == " " }
            return tag.utf8.elementsEqual("*".utf8)
                || (tag.hasPrefix("W/") ? tag.dropFirst(2) : tag).prefix { $0 != " " }.utf8.elementsEqual(text.utf8)
        }
    }

    /// The one revision that an `If-Match` names; nil where there is none.
    static func revision(in headers: [String]) throws(Problem) -> Double? {
        guard let header = headers.first else { return nil }
        let digits = header.dropFirst().dropLast()
        guard headers.count == 1, header.hasPrefix("\""), header.hasSuffix("\""), let revision = UInt64(digits),
            revision < 1 << 53
        else {
            throw .badRequest("'If-Match' is one revision as the 'ETag' of an answer has it, such as \"7\"")
        }
        return Double(revision)
    }
}
