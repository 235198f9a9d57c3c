internal import NIOHTTP1

/// What is wrong with a request that asks for a WebSocket (RFC 6455, section 4.2.1).
enum Handshake {
    static func isWanted(by head: HTTPRequestHead) -> Bool {
        head.headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
    }

    /// - Returns: the answer that says so; nil where nothing is.
    static func refusal(of head: HTTPRequestHead, _ policy: UpgradePolicy) -> HTTPAnswer? {
        guard head.method == .GET else {
            return HTTPAnswer(
                Problem(
                    status: .methodNotAllowed, code: "invalid_query", detail: "a WebSocket begins with GET",
                    headers: ["Allow": "GET, HEAD"]))
        }
        guard head.version == .http1_1 else { return .badRequest("a WebSocket needs HTTP/1.1") }
        guard head.headers[canonicalForm: "connection"].contains(where: { $0.lowercased() == "upgrade" }) else {
            return .badRequest("'Connection: Upgrade' is missing")
        }
        if let intrusion = HTTPAnswer.intrusion(of: head, policy) { return intrusion }
        let versions = head.headers["Sec-WebSocket-Version"]
        guard versions.count == 1, versions[0].utf8.elementsEqual("13".utf8) else {
            return HTTPAnswer(
                Problem(
                    status: .upgradeRequired, code: "invalid_query",
                    detail: "version 13 of the WebSocket protocol is needed",
                    headers: ["Sec-WebSocket-Version": "13", "Upgrade": "websocket"]))
        }
        let keys = head.headers["Sec-WebSocket-Key"]
        guard keys.count == 1, isKey(keys[0]) else {
            return .badRequest("'Sec-WebSocket-Key' has to be 16 bytes in base64")
        }
        return nil
    }

    /// Sixteen bytes are 22 digits and two signs of padding; of the last digit only the first two bits count.
    static func isKey(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 24, bytes.suffix(2).elementsEqual("==".utf8) else { return false }
        return bytes.dropLast(2).allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                true
            default: false
            }
        }
    }
}
