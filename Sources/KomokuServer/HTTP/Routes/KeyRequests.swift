internal import Komoku
internal import KomokuDesk
internal import KomokuHub
internal import KomokuWire
internal import NIOHTTP1

extension KeyInfo {
    /// As it is told alone.
    func content(as type: MediaType) -> [UInt8] {
        var content: [UInt8] = []
        if type == .text {
            content = Array((last?.value?.description ?? "").utf8)
        } else {
            let description = KeyDescription(self, KeysRequest(value: true, time: true), .v2)
            var members = description.facts.json.object ?? []
            members.insert(JSON.Member("key", .string(description.name)), at: 0)
            JSON.object(members).write(into: &content)
        }
        content.append(UInt8(ascii: "\n"))
        return content
    }
}

extension HTTPExchange {
    /// The key that the path names, as far as who asks may know of it.
    private func key(in hub: isolated Hub) -> KeyInfo? {
        guard let name = request.captures["key"].flatMap({ KeyName($0) }), caller.rights.mayRead(name) else {
            return nil
        }
        return hub.key(name)
    }

    /// Something is to be done to a key only in a state that it is not in (RFC 9110, section 13).
    func unmet(in hub: isolated Hub) -> Problem? {
        guard route.method != .GET, request.captures["key"] != nil,
            request.headers.contains(name: "If-Match") || request.headers.contains(name: "If-None-Match")
        else { return nil }
        let tags = key(in: hub).map { key in [.json, .text].map { EntityTag(key.content(as: $0)) } }
        guard !EntityTag.allows(request.headers, tags) else { return nil }
        let state = tags == nil ? "is not there" : "is not in the state that the request names"
        return Problem(
            status: .preconditionFailed, code: "precondition_failed",
            detail: "the key \(state); read it again, and decide anew")
    }

    /// Says of a key that was made that it was, and which one may have been meant.
    func putKey() {
        do throws(Problem) {
            let members = try members()
            let given = (members.object ?? []).filter { !$0.name.utf8.elementsEqual("create".utf8) }
            let command = try command(.put, .object(given))
            let mayCreate = members["create"] != false
            desk.hub.enqueue { [self] hub in
                guard let name = request.captures["key"].flatMap({ KeyName($0) }), key(in: hub) == nil,
                    caller.rights.mayWrite(name)
                else { return perform(command) }
                let near = near(name, in: hub)
                guard mayCreate else { return refuse(absence(of: name, near)) }
                let isNew = hub.key(name) == nil
                perform(command) { reply in
                    guard isNew, case .ok = reply else { return HTTPAnswer(reply: reply) }
                    let created: JSON = ["result": "ok", "created": true]
                    return HTTPAnswer(content: created.bytes + [UInt8(ascii: "\n")])
                }
            }
        } catch {
            refuse(error)
        }
    }

    private func absence(of name: KeyName, _ near: String?) -> Problem {
        let question = near.map { "did you mean '\($0)'? " } ?? ""
        var problem = Problem(.unknownKey(name))
        problem.detail = "there is no key '\(name)'; \(question)With 'create' one of that name is made"
        return problem
    }

    private func near(_ name: KeyName, in hub: isolated Hub) -> String? {
        let names = hub.keys(matching: .all).lazy.map(\.name).filter { [caller] in caller.rights.mayRead($0) }
        return Suggestion.closest(to: name.text, in: names.map(\.text))
    }
}
