// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

@testable import HakubeFetch
import Testing

@Suite struct HTTPHeadTests {
    private func head(_ lines: String...) throws -> HTTPHead {
        var head = try #require(HTTPHead(statusLine: "HTTP/1.1 206 Partial Content"))
        for line in lines { head.add(line: line) }
        return head
    }

    @Test func `names count without their case, and the last value wins`() throws {
        let head = try head("ETag:  \"a\"", "etag: \"b\"", "no field at all")
        #expect(head.status == 206)
        #expect(head["etag"] == "\"b\"")
        #expect(head.fields["etag"] == ["\"a\"", "\"b\""])
    }

    @Test func `only a strong tag or a date asks for the rest of the same file`() throws {
        #expect(try head("ETag: \"a\"", "Last-Modified: then").validator == "\"a\"")
        #expect(try head("ETag: W/\"a\"", "Last-Modified: then").validator == "then")
        #expect(try head("ETag: W/\"a\"").validator == nil)
    }

    @Test func `a part says where it begins`() throws {
        let range = try #require(try head("Content-Range: bytes 100-199/200").contentRange)
        #expect(range.first == 100 && range.whole == 200)
        let beyond = try #require(try head("Content-Range: bytes */200").contentRange)
        #expect(beyond.first == nil && beyond.whole == 200)
        let unknown = try #require(try head("Content-Range: bytes 5-9/*").contentRange)
        #expect(unknown.first == 5 && unknown.whole == nil)
        #expect(try head("Content-Range: lines 5-9/10").contentRange == nil)
        #expect(try head().contentRange == nil)
    }

    @Test(arguments: ["HTTP/1.1", "HTTP/1.1 x", "200 OK", ""])
    func `what is no status line begins no head`(line: String) {
        #expect(HTTPHead(statusLine: line) == nil)
    }

    @Test func `a registry's words are one line without control characters`() {
        let body = #"{"errors":[{"code":"DENIED","message":"no\u001b[2J\nway"}]}"#
        let response = HTTPResponse(
            head: HTTPHead(status: 403), origin: "https://a/", retryAfter: nil, errorBody: Array(body.utf8))
        #expect(response.words == "no[2Jway")
        #expect(TransferFailure(response).message == "the server answers 403 (not allowed): no[2Jway")
    }
}
