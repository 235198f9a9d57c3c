internal import Komoku
internal import KomokuDesk
internal import KomokuHub
internal import KomokuWire
internal import NIOHTTP1

extension Parameter {
    static let key = path("key", .key, "the name of the key")
    static let since = query(
        "since", .time, "from when on: seconds since 1970, a time with a zone, or -24h; a day before the end")
    static let until = query("until", .time, "up to when, which is left out; now")
    static let zone = query("zone", .text, "the time zone of calendar steps, such as Europe/Warsaw; the hub's")
}

extension Route {
    static let keys: [Route] = [
        Route(
            method: .GET, path: PathTemplate("/api/keys"), group: .keys,
            title: "Lists keys by a pattern, with their types, options, values and times",
            parameters: [
                .query("match", .pattern, "only keys that match: * is one segment of a name, ** any number of them"),
                .query("after", .key, "only names behind this one: the 'rel=next' of an answer has it"),
                .query("limit", .count(1...10_000), "the most keys"),
                .query("include", .list, "value and time, or nothing of them; both"),
            ], work: .custom { $0.listKeys() }, tool: "list_keys"),
        Route(
            method: .GET, path: PathTemplate("/api/keys/{key}"), group: .keys,
            title: "Tells a key's value, its time, type and options",
            parameters: [.key], work: .custom { $0.showKey() }, types: [.json, .text], tool: "get_key"),
        Route(
            method: .PUT, path: PathTemplate("/api/keys/{key}"), group: .keys,
            title: "Sets a value, or commands a device",
            parameters: [
                .key, .body("value", .value, "the value", isRequired: true),
                .body("time", .number, "its time in seconds since 1970; now"),
                .body("wait", .flag, "whether the answer waits until the device has reported; true"),
                .body("dry_run", .flag, "tells what a device would be sent, and sends nothing"),
                .query("create", .flag, "whether a key that is not there is made; true, of a tool false"),
            ], work: .custom { $0.putKey() }, underlying: .put, tool: "put_value", bodyMember: "value"),
        Route(
            method: .POST, path: PathTemplate("/api/keys/{key}/increment"), group: .keys,
            title: "Adds to a number",
            parameters: [
                .key, .body("step", .number, "how much; 1"), .body("time", .number, "when, in seconds since 1970; now"),
            ], work: .command(.increment)),
        Route(
            method: .DELETE, path: PathTemplate("/api/keys/{key}"), group: .keys,
            title: "Deletes a key with its history", parameters: [.key], work: .command(.delete)),
        Route(
            method: .PATCH, path: PathTemplate("/api/keys/{key}"), group: .keys,
            title: "Defines a key, or changes its options",
            parameters: [
                .key,
                .body("type", .words(["numeric", "counter", "boolean", "uptime", "string"]), "of a key that is new"),
                .body("opts", .object, "options and their values, as in the section 'keys' of the configuration"),
            ],
            work: .custom { $0.defineKey() }, underlying: .define),
        Route(
            method: .POST, path: PathTemplate("/api/keys/{key}/rename"), group: .keys,
            title: "Gives a key another name; its history stays",
            parameters: [.key, .body("to", .key, "the new name", isRequired: true)], work: .command(.rename)),
        Route(
            method: .POST, path: PathTemplate("/api/keys/{key}/merge"), group: .keys,
            title: "Moves a key's history into another key, and deletes it",
            parameters: [.key, .body("into", .key, "the key that gets it", isRequired: true)], work: .command(.merge)),
        Route(
            method: .GET, path: PathTemplate("/api/keys/{key}/uses"), group: .keys,
            title: "Tells where the configuration names a key",
            parameters: [.key, .query("to", .key, "what to write there for this name")], work: .command(.uses)),
        Route(
            method: .GET, path: PathTemplate("/api/renames"), group: .keys, title: "Lists names that keys had before",
            work: .command(.renames)),
    ]
}

extension HTTPExchange {
    fileprivate func listKeys() {
        do throws(Problem) {
            let members = try members()
            let includes: JSON = members["include"] == nil ? ["value", "time"] : members["include"] ?? .null
            let others = (members.object ?? []).filter { !$0.name.utf8.elementsEqual("include".utf8) }
            let limit = members["limit"]?.number.flatMap { Int(exactly: $0) }
            // One more tells whether there is more.
            let wanted = limit.map { [JSON.Member("limit", .number(Double($0 + 1)))] } ?? []
            let command = try command(.keys, .object(others + wanted + [JSON.Member("include", includes)]))
            perform(command) { [request] reply in
                guard case .keys(let keys) = reply, let limit, keys.count > limit else {
                    return HTTPAnswer(reply: reply)
                }
                var answer = HTTPAnswer(reply: .keys(Array(keys.prefix(limit))))
                let next = request.nextPage(after: keys[limit - 1].name)
                answer.headers.add(name: "Link", value: "<\(next)>; rel=\"next\"")
                return answer
            }
        } catch {
            refuse(error)
        }
    }

    /// A key that is there keeps its type where none is said.
    fileprivate func defineKey() {
        do throws(Problem) {
            let members = try members()
            let given = (members.object ?? []).filter { !$0.name.utf8.elementsEqual("key".utf8) }
            guard let text = members["key"]?.string, let name = KeyName(text) else { return }
            desk.hub.enqueue { [self] hub in
                var own = given
                if members["type"]?.nonNull == nil, caller.rights.mayWrite(name), let key = hub.key(name) {
                    own.append(JSON.Member("type", .string(key.type.rawValue)))
                }
                do throws(Problem) {
                    perform(try command(.define, .object([JSON.Member(text, .object(own))])))
                } catch {
                    refuse(error)
                }
            }
        } catch {
            refuse(error)
        }
    }

    /// The value alone where text is wanted.
    fileprivate func showKey() {
        guard let text = request.captures["key"], let name = KeyName(text) else {
            return refuse(
                Problem(status: .badRequest, code: "invalid_key", detail: "this cannot be the name of a key"))
        }
        desk.counts.add([.get])
        desk.hub.enqueue { [self] hub in
            guard let key = hub.key(name), caller.rights.mayRead(name) else {
                return refuse(Problem(.unknownKey(name)))
            }
            show(key)
        }
    }

    private func show(_ key: KeyInfo) {
        let type = MediaType.wanted(route.types, by: request.headers) ?? .json
        let content = key.content(as: type)
        let tag = EntityTag(content)
        let headers: HTTPHeaders = ["ETag": tag.text, "Vary": "Accept"]
        if tag.isKnown(to: request.headers) { return answer(.unchanged(headers)) }
        answer(HTTPAnswer(headers: headers, content: content, type: type))
    }
}

extension HTTPRequest {
    /// The same request for what comes behind, as seen from it: a proxy may have it in a folder.
    fileprivate func nextPage(after name: String) -> String {
        let kept = query.fields.filter { !$0.name.utf8.elementsEqual("after".utf8) }
        let fields = kept.map { ($0.name, $0.value) } + [("after", name)]
        return "?" + fields.map { "\($0.0.percentEncoded)=\($0.1.percentEncoded)" }.joined(separator: "&")
    }
}

extension String {
    /// With all but unreserved characters escaped (RFC 3986, section 2.3).
    var percentEncoded: String {
        var text = ""
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                text += "%" + (digits.count < 2 ? "0" : "") + digits
            }
        }
        return text
    }
}
