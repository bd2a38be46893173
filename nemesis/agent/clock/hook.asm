/* What the clocks of a process are read through once clock.Set has patched its
   vDSO. Position independent; hook_amd64.go names the offsets. Assemble:

     as -o hook.o hook.asm && objcopy -O binary -j .text hook.o hook.bin

   The test does that too and compares. There are two banks of parameters and a
   word that says which one is in force: whoever changes them fills the other
   bank and then flips the word, so that nobody ever reads half a change. */

	.intel_syntax noprefix
	.text
magic:	.ascii "ASYCLK\0\1"
	/* 0x08: how many bytes after banks the bank in force begins: 0 or 48 */
bank:	.quad 0
	/* 0x10: two banks of six words: seconds and nanoseconds to add; the set of
	   clocks (bit N for clock N); how much faster the clock runs, in 2^-32; and
	   from which moment on it does: seconds, nanoseconds */
banks:	.fill 12, 8, 0

	/* int clock_gettime(clockid_t rdi, struct timespec *rsi) */
	.org 0x80
gettime:
	push rdi
	push rsi
	sub rsp, 8
	call original
	add rsp, 8
	pop rsi
	pop rdi
	test eax, eax
	jnz 9f
	cmp edi, 63
	ja 9f
	mov edi, edi
	mov r8, [rip+bank]
	lea r9, [rip+banks]
	add r8, r9
	mov rcx, [r8+16]
	bt rcx, rdi
	jnc 9f
	mov rcx, [r8+24]
	test rcx, rcx
	jz 1f
	/* the nanoseconds since it began to run faster, times the rate */
	mov rax, [rsi]
	sub rax, [r8+32]
	imul rax, rax, 1000000000
	add rax, [rsi+8]
	sub rax, [r8+40]
	imul rcx
	shrd rax, rdx, 32
	cqo
	mov ecx, 1000000000
	idiv rcx
	add [rsi], rax
	add [rsi+8], rdx
1:
	mov rax, [r8]
	add [rsi], rax
	mov rax, [rsi+8]
	add rax, [r8+8]
2:
	test rax, rax
	jns 3f
	add rax, 1000000000
	dec qword ptr [rsi]
	jmp 2b
3:
	cmp rax, 1000000000
	jl 4f
	sub rax, 1000000000
	inc qword ptr [rsi]
	jmp 3b
4:
	mov [rsi+8], rax
	xor eax, eax
9:
	ret

	/* int gettimeofday(struct timeval *rdi, struct timezone *rsi) */
	.org 0x140
timeofday:
	push rbx
	push rsi
	sub rsp, 24
	mov rbx, rdi
	test rdi, rdi
	jz 1f
	mov rsi, rsp
	xor edi, edi
	call gettime
	mov rax, [rsp]
	mov [rbx], rax
	mov eax, [rsp+8]
	xor edx, edx
	mov ecx, 1000
	div ecx
	mov [rbx+8], rax
1:
	add rsp, 24
	pop rsi
	test rsi, rsi
	jz 2f
	mov qword ptr [rsi], 0
2:
	xor eax, eax
	pop rbx
	ret

	/* time_t time(time_t *rdi) */
	.org 0x1a0
time:
	push rbx
	sub rsp, 16
	mov rbx, rdi
	mov rsi, rsp
	mov edi, 5 /* CLOCK_REALTIME_COARSE */
	call gettime
	mov rax, [rsp]
	test rbx, rbx
	jz 1f
	mov [rbx], rax
1:
	add rsp, 16
	pop rbx
	ret

	/* clock_gettime as it was. This asks the kernel; where the first instructions
	   of the original can be moved, they and a jump to the rest of it stand here
	   instead, which is faster. */
	.org 0x1e0
original:
	mov eax, 228
	syscall
	ret
	.org 0x220
